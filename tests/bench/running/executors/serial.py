"""Assignments one after another in this process."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Sequence
from typing import Self

from bench.running.executors.executor import Assignment, Measured, Outcome, Work
from bench.running.executors.worker import LoadedWork, received


class SerialExecutor:
    """An executor without isolation: a crash ends the study too, and there is no time limit."""

    def __init__(self) -> None:
        self._stopping = False
        self.has_workers = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.has_workers = False

    def stop(self) -> None:
        self._stopping = True

    def run(
        self,
        assignments: Sequence[Assignment],
        work: Work[Assignment, Measured],
        on_start: Callable[[Assignment], None] | None = None,
    ) -> Generator[Outcome[Assignment, Measured], None, None]:
        self._stopping = False
        loaded = LoadedWork(pickle.dumps(work))
        for assignment in assignments:
            if self._stopping:
                return
            if on_start:
                on_start(assignment)
            yield received(assignment, loaded(assignment))
