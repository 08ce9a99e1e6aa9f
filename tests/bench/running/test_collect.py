"""Records are kept through full disks, failures and Ctrl-C."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from bench.core.errors import BenchError, UsageError
from bench.core.record import Record, StepTime
from bench.core.study import Trial
from bench.running.collect import TrainingWatch, collect
from bench.running.executors.executor import Outcome
from bench.running.executors.local import LocalExecutor
from bench.storage.store import Store
from tests.bench.measured import Measure, Misbehave, record, study
from tests.bench.running.executors.serial import SerialExecutor


class FullStore(Store):
    """A disk that refuses the writes whose numbers are in `refused`."""

    def __init__(self, folder: Path, refused: set[int]) -> None:
        super().__init__(folder)
        self.refused, self.writes = refused, 0

    def write(self, record: Record | StepTime) -> Path:
        self.writes += 1
        if self.writes in self.refused:
            raise BenchError("cannot write x: No space left on device")
        return super().write(record)


class Seen(TrainingWatch):
    def __init__(self) -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        self.stopped = 0

    def started(self, trial: Trial) -> None:
        self.begun.append(trial.name)

    def ended(self, outcome: Outcome[Trial, Record]) -> None:
        self.done.append(outcome.assignment.name)

    def interrupted(self) -> None:
        self.stopped += 1


def test_records_and_failures_are_written(tmp_path: Path) -> None:
    asked = study(["baseline", "raises", "exit3"], seeds=1)
    store, seen = Store(tmp_path), Seen()
    store.write_study(asked)
    collected = collect(store, LocalExecutor(2), asked.trials(), Misbehave(), seen)
    assert collected.written == 1
    assert not collected.interrupted
    assert {name: f.kind for name, f in collected.failed.items()} == {
        "cifar10--raises--000": "raised",
        "cifar10--exit3--000": "crashed",
    }
    assert store.failures() == collected.failed
    assert [r.arm for r in store.records().records] == ["baseline"]
    assert sorted(seen.begun) == sorted(seen.done) == sorted(t.name for t in asked.trials())


def test_a_disk_that_was_full_for_a_moment_loses_nothing(tmp_path: Path) -> None:
    store, seen = FullStore(tmp_path, refused={2}), Seen()
    store.write_study(study())
    trials = study().trials()
    with pytest.raises(BenchError, match="No space left"):
        collect(store, SerialExecutor(), trials, Measure(), seen)
    assert [r.trial for r in store.records().records] == sorted(t.name for t in trials[:2])
    assert store.missing(study()) == trials[2:], "no more began once the disk was full"
    assert seen.done == [trials[0].name]


def test_a_disk_that_stays_full_keeps_the_record_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    store = FullStore(tmp_path / "tiny", refused={2, 3})
    store.write_study(study())
    trials = study().trials()
    with pytest.raises(BenchError, match="kept in") as error:
        collect(store, SerialExecutor(), trials, Measure())
    (kept,) = (tmp_path / "elsewhere").rglob("*.json")
    assert str(kept.parent) in str(error.value)
    assert trials[1].name in str(error.value)
    kept.rename(store.folder / "trials" / kept.name)
    assert record(trials[1]) in store.records().records


def test_a_failure_that_cannot_be_noted_ends_the_study(tmp_path: Path) -> None:
    store = Store(tmp_path)
    asked = study(["raises", "baseline"], seeds=1)
    store.write_study(asked)
    (tmp_path / "failures").write_text("in the way")
    with pytest.raises(UsageError, match="failures"):
        collect(store, SerialExecutor(), asked.trials(), Misbehave())
    assert store.records().records == []


class Interrupted(Seen):
    """A watch that presses Ctrl-C when the first trial starts, and again on the notice if `twice`."""

    def __init__(self, twice: bool) -> None:
        super().__init__()
        self.twice = twice

    def started(self, trial: Trial) -> None:
        super().started(trial)
        if len(self.begun) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    def interrupted(self) -> None:
        super().interrupted()
        if self.twice:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_once_ends_what_runs(tmp_path: Path) -> None:
    store, watch = Store(tmp_path), Interrupted(twice=False)
    store.write_study(study())
    before = signal.getsignal(signal.SIGINT)
    collected = collect(store, LocalExecutor(1), study().trials(), Measure(0.1), watch)
    assert collected.interrupted
    assert collected.written == 1
    assert watch.stopped == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_twice_ends_now(tmp_path: Path) -> None:
    store, watch = Store(tmp_path), Interrupted(twice=True)
    store.write_study(study())
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        collect(store, LocalExecutor(1), study().trials(), Measure(60), watch)
    assert store.records().records == []
    assert signal.getsignal(signal.SIGINT) is before
