"""Assignments in processes of this machine, side by side."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Self

from bench.core.errors import UsageError
from bench.core.failure import Failure
from bench.running.executors.executor import Assignment, Measured, Outcome, Work
from bench.running.executors.queue import AssignmentQueue, Key
from bench.running.executors.worker import WorkerSetting, received
from bench.running.executors.worker_process import WorkerProcess
from bench.storage.files import failed

_TICK = 0.2
"""Seconds between two checks of time limits."""


class LocalExecutor:
    """Worker processes of this machine.

    Args:
        jobs: assignments side by side.
        time_limit: seconds that an assignment may run from its start; None for no limit.
        environment: variables that a worker sets before the work is unpickled. TensorFlow reads its
            own at import.
        log_folder: folder for the output of each worker (`worker-0.log`, appended); None: the
            terminal.
        fresh: use a new process for every assignment, as measurements of memory need.
    """

    def __init__(
        self,
        jobs: int,
        time_limit: float | None = None,
        environment: Mapping[str, str] | None = None,
        log_folder: Path | None = None,
        fresh: bool = False,
    ) -> None:
        if jobs < 1:
            raise UsageError(f"{jobs} jobs: at least 1 is needed")
        self._jobs, self._time_limit, self._fresh = jobs, time_limit, fresh
        self._environment = dict(environment or {})
        self._log_folder = log_folder
        self._stopping = self._keeping = False
        self._work = b""
        self._workers: list[WorkerProcess[Any]] = []
        self._traced: dict[Hashable, set[Key]] = {}

    def __enter__(self) -> Self:
        self._keeping = True
        return self

    def __exit__(self, *exception: object) -> None:
        self._keeping = False
        self._end_workers()

    @property
    def has_workers(self) -> bool:
        return bool(self._workers)

    def stop(self) -> None:
        self._stopping = True

    def run(
        self,
        assignments: Sequence[Assignment],
        work: Work[Assignment, Measured],
        on_start: Callable[[Assignment], None] | None = None,
    ) -> Generator[Outcome[Assignment, Measured], None, None]:
        self._stopping = False
        keep = False
        try:
            workers = self._ready(pickle.dumps(work), min(self._jobs, len(assignments)))
            queue = AssignmentQueue(assignments, self._traced)
            while True:
                self._begin(workers, queue)
                busy = [worker for worker in workers if worker.assignment]
                if not busy:
                    keep = self._keeping
                    return
                wait([worker.future for worker in busy], _TICK, FIRST_COMPLETED)
                ended: list[Outcome[Assignment, Measured]] = []
                for worker in busy:
                    assignment = worker.assignment
                    answer = worker.poll(on_start)
                    if answer is None or assignment is None:
                        continue
                    if isinstance(answer, Failure):
                        queue.forget(worker)
                        ended.append(Outcome(assignment, None, answer))
                    else:
                        ended.append(received(assignment, answer))
                self._begin(workers, queue)  # no worker waits while the consumer writes
                yield from ended
        finally:
            if not keep:
                self._end_workers()

    def _ready(self, work: bytes, count: int) -> list[WorkerProcess[Any]]:
        """Return at least so many workers that have this work, kept ones first."""
        if work != self._work:
            self._end_workers()
            self._work = work
        logs = self._logs(max(count, len(self._workers)))
        for log in logs[len(self._workers) :]:
            setting = WorkerSetting(work, self._environment, log)
            self._workers.append(WorkerProcess(setting, self._time_limit, self._fresh))
        return self._workers

    def _end_workers(self) -> None:
        workers, self._workers = self._workers, []
        self._traced.clear()
        with ThreadPoolExecutor(max(len(workers), 1)) as closing:
            list(closing.map(WorkerProcess.close, workers))

    def _begin(
        self, workers: Sequence[WorkerProcess[Assignment]], queue: AssignmentQueue[Assignment]
    ) -> None:
        for worker in workers:
            if self._stopping:
                return
            assignment = None if worker.assignment else queue.take(worker)
            if assignment:
                worker.begin(assignment)

    def _logs(self, count: int) -> list[Path | None]:
        if self._log_folder is None:
            return [None] * count
        try:
            self._log_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise failed("write", self._log_folder, error) from error
        return [self._log_folder / f"worker-{number}.log" for number in range(count)]
