"""Trials in processes of this machine, side by side."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import cast

from bench.core.errors import UsageError
from bench.core.failure import Failure
from bench.core.study import Trial
from bench.running.executors.executor import Measured, Outcome, Work
from bench.running.executors.queue import TrialQueue
from bench.running.executors.worker import WorkerSetting, received
from bench.running.executors.worker_process import WorkerProcess
from bench.storage.files import failed

_TICK = 0.2
"""Seconds between two looks at time limits."""


class LocalExecutor:
    """`jobs` worker processes; a trial that crashes, hangs or raises costs that trial alone.

    Args:
        jobs: how many trials run side by side.
        time_limit: seconds that a trial may run, from when its worker begins it; None: no limit.
        environment: variables that a worker sets before the work is unpickled (TensorFlow reads its
            own when it is imported).
        log_folder: where each worker's stdout and stderr go (`worker-0.log`, appended); None leaves
            them on the terminal.
        fresh: a new process for every trial, as step times need.
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
        queue = TrialQueue(trials)
        pickled = pickle.dumps(work)
        slots = [
            WorkerProcess(
                WorkerSetting(pickled, self._environment, log), self._time_limit, self._fresh
            )
            for log in self._logs(min(self._jobs, len(trials)))
        ]
        try:
            while True:
                self._begin(slots, queue)
                busy = [slot for slot in slots if slot.trial]
                if not busy:
                    return
                wait([slot.future for slot in busy], _TICK, FIRST_COMPLETED)
                ended: list[Outcome[Measured]] = []
                for slot in busy:
                    trial = cast(Trial, slot.trial)
                    result = slot.poll(on_start)
                    if result is None:
                        continue
                    if isinstance(result, Failure):
                        queue.forget(slot)
                        ended.append(Outcome(trial, None, result))
                    else:
                        ended.append(received(trial, result))
                self._begin(slots, queue)  # before the consumer writes, so that nobody waits for it
                yield from ended
        finally:
            with ThreadPoolExecutor(max(len(slots), 1)) as closing:
                list(closing.map(WorkerProcess.close, slots))

    def _begin(self, slots: Sequence[WorkerProcess], queue: TrialQueue) -> None:
        for slot in slots:
            if self._stopping:
                return
            trial = None if slot.trial else queue.take(slot)
            if trial:
                slot.begin(trial)

    def _logs(self, count: int) -> list[Path | None]:
        if self._log_folder is None:
            return [None] * count
        try:
            self._log_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise failed("write", self._log_folder, error) from error
        return [self._log_folder / f"worker-{number}.log" for number in range(count)]
