"""The simulated machine and the registry that tests of an advice share."""

from __future__ import annotations

import pytest

from bench.advising import lab, start
from bench.data.source import Identity
from bench.plugins.registry import Registry, find
from bench.running import timing_phase, training_phase, workers
from tests.bench.advising.machine import Machine
from tests.bench.running.executors.serial import SerialExecutor


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(training_phase, "train_trials", made.train)
    monkeypatch.setattr(workers, "_executor", lambda *_: SerialExecutor())
    monkeypatch.setattr(timing_phase, "phase", made.time)
    monkeypatch.setattr(lab.time, "monotonic", lambda: made.now)
    monkeypatch.setattr(start, "draw", lambda taken, seeds: 1000 * (1 + len(list(taken))))
    return made


@pytest.fixture(scope="module")
def registry() -> Registry:
    names = find()
    task = names.task("imdb")
    task.identify = lambda source: Identity("made-up:reviews", False)  # type: ignore[method-assign]
    return names
