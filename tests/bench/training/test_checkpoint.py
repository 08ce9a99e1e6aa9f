"""A checkpoint on a disk that refuses it."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from bench.core.record import Evaluation
from bench.training.checkpoint import Checkpoint, Progress


class Variable:
    def numpy(self) -> np.ndarray:
        return np.zeros(1000)


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("refusing", ["numpy.savez", "os.fsync", "os.replace"])
def test_a_full_disk_costs_the_checkpoint_and_not_the_trial(
    refusing: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoints" / "trial.npz", "identity", interval=0)
    with monkeypatch.context() as patch:
        patch.setattr(refusing, full)
        checkpoint.maybe_save([Variable()], None, Progress(step=1))
    assert "No space left on device" in capsys.readouterr().err
    assert list(checkpoint.path.parent.iterdir()) == []
    checkpoint.maybe_save([Variable()], None, Progress(step=2))
    assert [path.name for path in checkpoint.path.parent.iterdir()] == ["trial.npz"]


def test_the_folder_may_be_read_only(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("in the way")
    checkpoint = Checkpoint(tmp_path / "checkpoints" / "trial.npz", "identity", interval=0)
    checkpoint.maybe_save([Variable()], None, Progress())
    checkpoint.remove()


def test_a_killed_process_leaves_nothing_for_ever(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "trial.npz", "identity")
    (tmp_path / "trial.npz.tmp").write_bytes(b"half")
    checkpoint.save([Variable()], None, Progress())
    assert [path.name for path in tmp_path.iterdir()] == ["trial.npz"]
    (tmp_path / "trial.npz.tmp").write_bytes(b"half")
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_train_loss_is_that_since_the_evaluation_before() -> None:
    point = Evaluation(
        step=10, examples=100, train_loss=2.0, validation_accuracy=0.5, validation_nll=1.0
    )
    progress = Progress().trained(10, 20.0, checksum=1, seconds=0.5).evaluated(point, seconds=0.1)
    progress = progress.trained(3, 2.5, checksum=2, seconds=0.5)
    progress = progress.trained(2, 1.5, checksum=3, seconds=0.5)
    assert progress.loss_sum / progress.loss_steps == pytest.approx(4.0 / 5)
    assert (progress.step, progress.train_seconds) == (15, 1.5)
