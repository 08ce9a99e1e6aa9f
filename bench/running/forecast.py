"""Forecast of the remaining time of a run, from the trials that have ended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from statistics import fmean

from bench.core.record import Record
from bench.core.study import Trial

Arm = tuple[str, str]


class Forecast:
    """Estimate of the remaining time of a run.

    A trial takes the mean of its arm's trials so far, else of its task's, else of all. The first trial
    of an arm traces it, which is counted apart. A running trial counts with its remaining time.

    Args:
        trials: the trials of the run.
        clock: a function that returns seconds, which never decrease.
    """

    def __init__(
        self, trials: Sequence[Trial], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._waiting = {trial.name: (trial.arm.task, trial.arm.name) for trial in trials}
        self._running: dict[str, tuple[Arm, float]] = {}
        self._clock = clock
        self._side_by_side = 1
        self._seconds: dict[Arm, list[float]] = {}
        self._traces: dict[Arm, float] = {}

    def started(self, trial: Trial) -> None:
        """Note that a trial starts."""
        arm = self._waiting.pop(trial.name, (trial.arm.task, trial.arm.name))
        self._running[trial.name] = arm, self._clock()
        self._side_by_side = max(self._side_by_side, len(self._running))

    def ended(self, trial: Trial, record: Record | None) -> None:
        """Note that a trial has ended, with its record if it has one."""
        self._waiting.pop(trial.name, None)
        arm, began = self._running.pop(trial.name, ((trial.arm.task, trial.arm.name), 0.0))
        if record is None or not began:
            return
        trace = record.trace_seconds if arm not in self._traces else 0.0
        self._traces.setdefault(arm, trace)
        self._seconds.setdefault(arm, []).append(self._clock() - began - trace)

    def left(self) -> float | None:
        """Return the remaining seconds; None before the first trial has ended."""
        if not self._seconds:
            return None
        now, waiting = self._clock(), Counter(self._waiting.values())
        expected = self._expected({*waiting, *(arm for arm, _ in self._running.values())})
        trace = fmean(self._traces.values())
        work = sum(count * expected[arm] for arm, count in waiting.items())
        begun = self._traces.keys() | {arm for arm, _ in self._running.values()}
        work += trace * len(waiting.keys() - begun)
        for arm, began in self._running.values():
            total = expected[arm] + (0.0 if arm in self._traces else trace)
            work += max(0.0, total - (now - began))
        return work / self._side_by_side

    def _expected(self, arms: Iterable[Arm]) -> dict[Arm, float]:
        """Return the expected seconds of a trial of each arm, without its trace."""
        by_task: dict[str, list[float]] = {}
        for (task, _), seconds in self._seconds.items():
            by_task.setdefault(task, []).extend(seconds)
        everything = fmean(chain.from_iterable(by_task.values()))
        of_task = {task: fmean(seconds) for task, seconds in by_task.items()}
        of_arm = {arm: fmean(seconds) for arm, seconds in self._seconds.items()}
        return {arm: of_arm.get(arm, of_task.get(arm[0], everything)) for arm in arms}
