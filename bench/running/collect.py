"""Run trials and store their measurements, even when a disk fills up or Ctrl-C is pressed."""

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
from bench.running.executors.deadline import has_passed, stopped_at
from bench.running.executors.executor import Executor, Outcome, Work
from bench.storage.store import Store


class Collected(NamedTuple):
    """Results of a number of trials."""

    written: int
    failed: dict[str, Failure]
    """Name of the trial -> its failure."""
    interrupted: bool
    """True if Ctrl-C stopped the rest."""


class TrainingWatch:
    """An observer of running trials; a progress display overrides its methods."""

    def started(self, trial: Trial) -> None:
        """Note that a worker starts a trial."""

    def ended(self, outcome: Outcome[Trial, Record]) -> None:
        """Note that a trial has ended and its record or failure is on the disk."""

    def interrupted(self) -> None:
        """Note the first Ctrl-C. Running trials still end."""


def collect(
    store: Store,
    executor: Executor,
    trials: Sequence[Trial],
    work: Work[Trial, Record],
    watch: TrainingWatch | None = None,
    deadline: float | None = None,
) -> Collected:
    """Run `trials`, and write each record or failure as it arrives.

    No trial starts after one cannot be written, or after `deadline`, a reading of `time.monotonic`. A
    record that could not be written is tried again when the running trials have ended. If the disk
    still refuses, it goes to a temporary folder that the error names.

    Raises:
        BenchError: a record could not be written at first or at all; some trials did not run.
        KeyboardInterrupt: Ctrl-C twice; the written records stay.
    """
    if has_passed(deadline):
        return Collected(0, {}, False)
    watch = watch or TrainingWatch()
    written = 0
    unwritten: list[Record] = []
    failed: dict[str, Failure] = {}
    refusals: list[BenchError] = []

    def interrupt() -> None:
        executor.stop()
        watch.interrupted()

    with (
        _on_interrupt(interrupt) as interrupts,
        stopped_at(deadline, executor),
        closing(executor.run(trials, work, watch.started)) as outcomes,
    ):
        for outcome in outcomes:
            try:
                if outcome.record is not None:
                    store.write(outcome.record)
                    written += 1
                elif outcome.failure is not None:
                    name, failure = outcome.assignment.name, outcome.failure
                    failed[name] = failure
                    store.fail(name, failure.kind, failure.reason)
            except BenchError as error:
                refusals.append(error)
                executor.stop()
                if outcome.record is not None:
                    unwritten.append(outcome.record)
                continue
            watch.ended(outcome)
    for number, record in enumerate(unwritten):
        try:
            store.write(record)
        except BenchError as error:
            raise _kept_elsewhere(store, error, unwritten[number:]) from error
    if refusals:
        raise refusals[-1]
    return Collected(written, failed, bool(interrupts))


def _kept_elsewhere(store: Store, error: BenchError, records: Sequence[Record]) -> BenchError:
    """Write records to a temporary folder; return the error that names it."""
    names = ", ".join(record.trial for record in records)
    try:
        refuge = Store(Path(tempfile.mkdtemp(prefix="bench-unwritten-")))
        folders = {str(refuge.write(record).parent) for record in records}
    except (OSError, BenchError):
        return BenchError(f"{error}; measured and lost: {names}")
    return BenchError(
        f"{error}; measured and kept in {folders.pop()}, to be moved to "
        f"{store.folder / 'trials'}: {names}"
    )


@contextmanager
def _on_interrupt(first: Callable[[], None]) -> Iterator[list[int]]:
    """Call `first` on Ctrl-C, raise KeyboardInterrupt on the second; yield the list of signals."""
    signals: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        if len(signals) == 1:
            first()
        else:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the ending of workers stays undisturbed
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield signals
    finally:
        signal.signal(signal.SIGINT, before)
