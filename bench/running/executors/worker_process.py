"""A worker process, replaced when it dies."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from typing import Any, Generic

from pebble import ProcessExpired, ProcessPool

from bench.core.failure import Failure
from bench.running.executors.executor import Assignment
from bench.running.executors.worker import BEGAN, READY, Sent, WorkerSetting, perform, prepare

START_LIMIT = 300.0
"""Seconds within which a worker must start its assignment."""
ATTEMPTS = 3
"""Number of workers that may die before they start an assignment; then it counts as failed."""
_GRACE = 1.0
"""Seconds to wait for the answer of a worker that is gone."""


class WorkerProcess(Generic[Assignment]):
    """A Pebble pool of one worker, and the assignment that it runs.

    Pebble's time limits follow the wall clock, which can be set back, and a worker that ends itself
    with exit code 0 leaves its assignment pending forever. So workers report on a pipe of their own
    when they are ready and when they start an assignment.
    """

    def __init__(self, setting: WorkerSetting, time_limit: float | None, fresh: bool) -> None:
        self._setting, self._time_limit, self._fresh = setting, time_limit, fresh
        self._tickets = 0
        self.assignment: Assignment | None = None
        self._open()

    def begin(self, assignment: Assignment) -> None:
        """Give the worker an assignment."""
        self.assignment, self._attempts, self._began = assignment, 0, False
        self._schedule()

    def poll(self, on_start: Callable[[Assignment], None] | None) -> Sent | Failure | None:
        """Return the answer, None while the assignment runs; never blocks for long.

        A `Failure` other than `raised` means that the worker was replaced.
        """
        self._read_news(on_start)
        if self.future.done():
            return self._settle()
        now = time.monotonic()
        if self._vanished is not None:
            gone = now - self._vanished > _GRACE
            return self._replace("crashed", _death(0).reason) if gone else None
        waited = now - self._since
        if self._began and self._time_limit is not None and waited > self._time_limit:
            if not self.future.cancel():
                return self._settle()
            self.assignment = None
            reason = f"ran longer than the time limit of {self._time_limit:g} s"
            return Failure(kind="timeout", reason=reason)
        if not self._began and waited > START_LIMIT:
            return self._again("its worker process did not start")
        return None

    def close(self) -> None:
        """End the worker, even in the middle of an assignment."""
        self._pool.stop()
        self._pool.join()
        self._news.close()
        self._news_writer.close()

    def _open(self) -> None:
        context = get_context("spawn")
        self._news, self._news_writer = context.Pipe(duplex=False)
        self._pool = ProcessPool(
            max_workers=1,
            max_tasks=1 if self._fresh else 0,
            initializer=prepare,
            initargs=(self._setting, self._news_writer),
            context=context,
        )

    def _schedule(self) -> None:
        self._tickets += 1
        self._since: float = time.monotonic()
        self._vanished: float | None = None
        with _interrupts_blocked():
            try:
                self.future = self._pool.schedule(perform, (self.assignment, self._tickets))
            except RuntimeError:  # the idle worker died, and Pebble gave its pool up
                self.close()
                self._open()
                self.future = self._pool.schedule(perform, (self.assignment, self._tickets))

    def _read_news(self, on_start: Callable[[Assignment], None] | None) -> None:
        """Note that the assignment was started, or that its worker is gone (another one is ready)."""
        while self._news.poll():
            kind, value = self._news.recv()
            if kind == BEGAN and value == self._tickets:
                if not self._began and on_start and self.assignment:
                    on_start(self.assignment)
                self._began, self._since = True, time.monotonic()
            elif kind == READY and self._began:
                self._vanished = time.monotonic()

    def _settle(self) -> Sent | Failure | None:
        error = self.future.exception()
        if isinstance(error, BrokenProcessPool) and not self._began:
            return self._again("its worker process died before it began")
        if isinstance(error, ProcessExpired):
            self.assignment = None
            return _death(error.exitcode)
        if error is not None:
            return self._replace("crashed", f"its worker failed: {error}")
        self.assignment = None
        return self.future.result()

    def _again(self, reason: str) -> Failure | None:
        self._attempts += 1
        if self._attempts >= ATTEMPTS:
            return self._replace("crashed", f"{reason}, {self._attempts} times")
        self.close()
        self._open()
        self._schedule()
        return None

    def _replace(self, kind: Any, reason: str) -> Failure:
        self.assignment = None
        self.close()
        self._open()
        return Failure(kind=kind, reason=reason)


def _death(code: int) -> Failure:
    """Make the failure for the exit code of a worker."""
    if code == -signal.SIGKILL:
        return Failure(kind="killed", reason="its process was killed, often for lack of memory")
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return Failure(kind="crashed", reason=f"its process crashed ({name})")
    return Failure(kind="crashed", reason=f"its process ended itself with exit code {code}")


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C for threads and processes that are started within, even during their start."""
    resource_tracker.ensure_running()  # its first start would unblock them
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
