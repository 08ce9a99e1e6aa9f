"""No assignment starts after a deadline, whoever consumes the outcomes."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event

import pytest

from bench.core.record import Record
from bench.core.study import Trial
from bench.running.collect import collect
from bench.running.executors.deadline import stopped_at
from bench.running.executors.local import LocalExecutor
from bench.storage.store import Store
from tests.bench.measured import Measure, study
from tests.bench.running.executors.serial import SerialExecutor


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_take_nothing_after_the_deadline(tmp_path: Path, jobs: int) -> None:
    asked, store = study(["baseline", "mixup"], seeds=3), Store(tmp_path)
    store.write_study(asked)
    past = time.monotonic() - 1
    assert collect(store, LocalExecutor(jobs), asked.trials(), Measure(), None, past).written == 0


class Slow(Measure):
    def __call__(self, trial: Trial) -> Record:
        time.sleep(1.0)
        return super().__call__(trial)


def test_no_trial_starts_after_a_deadline_that_passes_during_one(tmp_path: Path) -> None:
    asked, store = study(["baseline", "mixup"], seeds=3), Store(tmp_path)
    store.write_study(asked)
    soon = time.monotonic() + 0.5
    assert collect(store, SerialExecutor(), asked.trials(), Slow(), None, soon).written <= 1


class Stoppable(SerialExecutor):
    def __init__(self) -> None:
        super().__init__()
        self.stopped = Event()

    def stop(self) -> None:
        self.stopped.set()


def test_the_deadline_stops_the_executor_while_its_consumer_is_busy() -> None:
    executor = Stoppable()
    with stopped_at(time.monotonic() + 0.01, executor):
        assert executor.stopped.wait(timeout=60)


def test_work_that_ends_before_the_deadline_is_not_stopped() -> None:
    executor = Stoppable()
    with stopped_at(time.monotonic() + 0.2, executor):
        pass
    assert not executor.stopped.wait(timeout=0.5)
