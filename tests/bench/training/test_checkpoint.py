"""A checkpoint on a disk that refuses it."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

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
