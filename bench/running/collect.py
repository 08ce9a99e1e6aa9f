"""Runs trials and keeps what they measure, through full disks and Ctrl-C."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from bench.core.errors import BenchError
from bench.core.failure import Failure
from bench.core.record import Record
from bench.core.study import Trial
from bench.running.executors.executor import Executor, Outcome, Work
from bench.storage.store import Store


class Collected(NamedTuple):
    """What became of the trials."""

    written: int
    failed: dict[str, Failure]
    """By the trial's name."""
    interrupted: bool
    """Ctrl-C stopped the rest."""


class TrainingWatch:
    """What is told while trials run; a progress display overrides what it shows."""

    def started(self, trial: Trial) -> None:
        """A worker begins a trial."""

    def ended(self, outcome: Outcome[Record]) -> None:
        """A trial has ended, and its record (or why there is none) is on the disk."""

    def interrupted(self) -> None:
        """Ctrl-C, the first one: the trials that run still end."""


def collect(
    store: Store,
    executor: Executor,
    trials: Sequence[Trial],
    work: Work[Record],
    watch: TrainingWatch | None = None,
) -> Collected:
    """Runs `trials` and writes each record, or each failure, as it comes in.

    Where one cannot be written no more trials begin; it is tried again when the running ones have
    ended, and goes to a temporary folder, which the error names, if the disk still refuses.

    Raises:
        BenchError: something could not be written, at first or at all; some trials did not run.
        KeyboardInterrupt: Ctrl-C twice; what had been written stays.
    """
    watch = watch or TrainingWatch()
    written = 0
    unwritten: list[Record] = []
    failed: dict[str, Failure] = {}
    trouble: BenchError | None = None

    def interrupt() -> None:
        executor.stop()
        watch.interrupted()

    with (
        _on_interrupt(interrupt) as interrupts,
        closing(executor.run(trials, work, watch.started)) as outcomes,
    ):
        for outcome in outcomes:
            try:
                if outcome.record is not None:
                    store.write(outcome.record)
                    written += 1
                elif outcome.failure is not None:
                    failed[outcome.trial.name] = outcome.failure
                    store.fail(outcome.trial.name, outcome.failure.kind, outcome.failure.reason)
            except BenchError as error:
                trouble = error
                executor.stop()
                if outcome.record is not None:
                    unwritten.append(outcome.record)
                continue
            watch.ended(outcome)
    for record in unwritten:
        _write_late(store, record, unwritten)
    if trouble:
        raise trouble
    return Collected(written, failed, bool(interrupts))


def _write_late(store: Store, record: Record, unwritten: Sequence[Record]) -> None:
    """Writes a record that the disk refused, or puts it and those after it beside the results."""
    try:
        store.write(record)
    except BenchError as error:
        rest = unwritten[unwritten.index(record) :]
        names = ", ".join(record.trial for record in rest)
        try:
            refuge = Store(Path(tempfile.mkdtemp(prefix="bench-unwritten-")))
            folders = {str(refuge.write(record).parent) for record in rest}
        except (OSError, BenchError):
            raise BenchError(f"{error}; measured and lost: {names}") from error
        raise BenchError(
            f"{error}; measured and kept in {folders.pop()}, to be moved to "
            f"{store.folder / 'trials'}: {names}"
        ) from error


@contextmanager
def _on_interrupt(first: Callable[[], None]) -> Iterator[list[int]]:
    """Ctrl-C once calls `first`, twice raises KeyboardInterrupt; the list holds those that came."""
    came: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            first()
        else:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing disturbs the ending of workers
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)
