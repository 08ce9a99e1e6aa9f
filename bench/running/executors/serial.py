"""Trials one after another in this process: for tests, and for a debugger."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Sequence

from bench.core.study import Trial
from bench.running.executors.executor import Measured, Outcome, Work
from bench.running.executors.worker import Job, received


class SerialExecutor:
    """No isolation: a trial that crashes takes the study with it, and there is no time limit."""

    def __init__(self) -> None:
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True

    def run(
        self,
        trials: Sequence[Trial],
        work: Work[Measured],
        on_start: Callable[[Trial], None] | None = None,
    ) -> Generator[Outcome[Measured], None, None]:
        self._stopping = False
        job = Job(pickle.dumps(work))
        for trial in trials:
            if self._stopping:
                return
            if on_start:
                on_start(trial)
            yield received(trial, job(trial))
