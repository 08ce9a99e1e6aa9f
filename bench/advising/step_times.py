"""Step times of stacks beside the baseline's, for an objective at equal time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bench.advising.lab import Lab
from bench.advising.rounds import Stack
from bench.core.record import PeakMemory, StepTime
from bench.core.study import Timing
from bench.running import study_run, timing_phase
from bench.running.executors.executor import Outcome
from bench.running.timing_phase import TimingOptions, TimingWatch
from bench.running.training_phase import step_ratios
from bench.storage.store import Store

STEPS = "steps"
"""Name of the study, inside the advice's folder, that holds step times."""
BLOCKS = 2.0
"""Seconds of timed blocks of a stack and the baseline."""


class StepTimes:
    """The step times of an advice.

    Args:
        lab: the means of measuring.
        store: their folder.
        first_seed: of the study that holds them.
    """

    def __init__(self, lab: Lab, store: Store, first_seed: int) -> None:
        self.lab, self.store, self.first_seed = lab, store, first_seed

    def ratios(self) -> dict[str, float]:
        """Return arm -> step time over the baseline's."""
        return {arm: ratio for (_, arm), ratio in step_ratios(self.store).items()}

    def measure(self, stacks: Sequence[Stack], limit: float, tick: Callable[[float], None]) -> None:
        """Measure the missing step times of some stacks.

        Args:
            limit: seconds after which no more measurements begin.
            tick: called after each with the seconds since the start.
        """
        asked, lab = self.lab.study(STEPS, stacks, 1, self.first_seed), self.lab
        study = study_run.declared(asked, self.store, lab.registry, lab.display)
        names = {arm.name for arm in asked.arms}
        arms = tuple(arm for arm in study.arms if arm.name in names)
        start = time.monotonic()
        timing = TimingOptions(
            seconds=BLOCKS,
            memory=False,
            plugins=lab.options.training.plugins,
            deadline=start + limit,
            log_folder=self.store.folder / "logs",
        )

        def passed() -> None:
            tick(time.monotonic() - start)

        source = study_run.settled_source(study, lab.options.source.directory)
        shown = _Timed(lab.display.timing, passed)
        try:
            study = study.model_copy(update={"arms": arms})
            timing_phase.phase(study, self.store, source, timing, shown)
        finally:
            passed()


class _Timed(TimingWatch):
    """A display that also calls a function after each step time."""

    def __init__(self, shown: TimingWatch, passed: Callable[[], None]) -> None:
        self._shown, self._passed = shown, passed

    def planned(self, memory: int, timings: int) -> None:
        self._shown.planned(memory, timings)

    def waiting(self, reason: str) -> None:
        self._shown.waiting(reason)

    def started(self, timing: Timing) -> None:
        self._shown.started(timing)

    def ended(self, outcome: Outcome[Timing, StepTime] | Outcome[Timing, PeakMemory]) -> None:
        self._shown.ended(outcome)
        self._passed()
