"""`bench time` on a study whose step times are all there, and on wrong usage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bench.cli.time import EXPORT, time_study
from bench.cli.timing_progress import LineWatch, describe, watch
from bench.core.errors import UsageError
from bench.core.failure import Failure
from bench.core.record import PeakMemory
from bench.core.study import Timing
from bench.running.executors.executor import Outcome
from bench.storage.store import Store
from tests.bench import measured

app = typer.Typer()
app.command()(time_study)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / measured.STUDY)
    study = measured.study()
    arms = tuple(arm.model_copy(update={"recipe": {"batch_size": 32}}) for arm in study.arms)
    made.write_study(study.model_copy(update={"arms": arms}))
    for process in range(2):
        made.write(measured.step_time(process))
    return made


def test_what_is_there_is_not_timed_again_and_is_exported(store: Store) -> None:
    done = CliRunner().invoke(app, [str(store.folder), "--processes", "2"])
    assert done.exit_code == 0, done.output
    assert "0 step times measured, 0 missing" in done.output
    exported = json.loads((store.folder / EXPORT).read_text())
    assert len(exported["benchmarks"]) == 2


def test_the_newest_study_is_taken_and_the_export_goes_where_it_is_told(store: Store) -> None:
    path = store.folder.parent / "elsewhere.json"
    typed = ["--results", str(store.folder.parent), "--processes", "1", "--export", str(path)]
    assert CliRunner().invoke(app, typed).exit_code == 0
    assert path.exists()
    assert not (store.folder / EXPORT).exists()


def test_a_task_that_the_study_does_not_have_is_wrong_usage(store: Store) -> None:
    done = CliRunner().invoke(app, [str(store.folder), "--tasks", "cifar11"])
    assert isinstance(done.exception, UsageError)
    assert "did you mean 'cifar10'" in str(done.exception)


def test_lines_say_what_was_measured_and_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    timing = Timing(arm=measured.arm("mixup"), process=1)
    shown = LineWatch()
    shown.planned(1, 2)
    shown.ended(Outcome(timing, measured.step_time(1), None))
    shown.ended(Outcome(timing, None, Failure(kind="killed", reason="too large")))
    lines = capsys.readouterr().err.splitlines()
    # Blocks 1.5 / 1.0 and 1.25 / 1.125 ms.
    assert lines[0] == "1/3 cifar10 mixup, process 1: CPU step time 1.306 of baseline's"
    assert lines[1] == "2/3 cifar10 mixup, process 1: failed: too large"
    memory = PeakMemory(task="cifar10", arm="mixup", process=1, peak_memory_mb=812.4)
    assert describe(Outcome(timing, memory, None)).endswith("peak memory 812 MB")


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    timing = Timing(arm=measured.arm("mixup"), process=1)
    watch(quiet=False, as_json=True).ended(Outcome(timing, measured.step_time(1), None))
    told = json.loads(capsys.readouterr().out)
    assert (told["event"], told["arm"], told["process"]) == ("step_time", "mixup", 1)
