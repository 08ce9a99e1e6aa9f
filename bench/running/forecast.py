"""The time that the trials of a run still take, from those that have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import fmean

from bench.core.record import Record
from bench.core.study import Trial

Arm = tuple[str, str]


class Forecast:
    """Estimates what is left of a run.

    A trial takes the mean of its arm's trials so far, else of its task's, else of all. The first trial
    of an arm traces it, which is counted apart. A running trial counts for what it has not yet done.

    Args:
        trials: the trials of the run.
        clock: seconds that only grow.
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
        """Note that a trial begins."""
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
        """Return the seconds that are left; None before the first trial has ended."""
        if not self._seconds:
            return None
        now, untraced = self._clock(), set(self._waiting.values()) - self._traces.keys()
        running = [arm for arm, _ in self._running.values()]
        work = sum(self._expected(arm) for arm in self._waiting.values())
        work += fmean(self._traces.values()) * len(untraced - set(running))
        for arm, began in self._running.values():
            trace = 0.0 if arm in self._traces else fmean(self._traces.values())
            work += max(0.0, self._expected(arm) + trace - (now - began))
        return work / self._side_by_side

    def _expected(self, arm: Arm) -> float:
        of_task = [s for (task, _), all_ in self._seconds.items() if task == arm[0] for s in all_]
        everything = [s for seconds in self._seconds.values() for s in seconds]
        return fmean(self._seconds.get(arm) or of_task or everything)
