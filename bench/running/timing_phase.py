"""The phase of a study that measures step times: process after process, alone on the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench.core.failure import Failure
from bench.core.record import PeakMemory, StepTime
from bench.core.study import Arm, Study, Timing
from bench.running.executors.deadline import has_passed, stopped_at
from bench.running.executors.executor import Executor, Outcome
from bench.running.executors.local import LocalExecutor
from bench.running.timing_work import MemoryWork, TimingWork
from bench.storage import machine_lock
from bench.storage.store import STEP_TIME, Store
from bench.tasks.task import Source
from bench.timing.protocol import SECONDS

TIME_LIMIT = 1800.0
"""Seconds that one arm may take in a process, tracing included."""
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "2"}


class TimingOptions(NamedTuple):
    """Options of the measurement of step times."""

    processes: int = 1
    """Fresh processes: the replicates of an interval."""
    seconds: float = SECONDS
    """Time for the blocks of an arm and its reference in one process."""
    memory: bool = True
    """True to measure the peak memory of each arm too, each in its own process."""
    jobs: int = 1
    """Memory processes side by side. Timings run alone."""
    tasks: Sequence[str] = ()
    """Tasks to measure; empty for all."""
    plugins: tuple[Path, ...] = ()
    deadline: float | None = None
    """Reading of `time.monotonic` after which no measurement starts."""
    log_folder: Path | None = None
    """Folder for the workers' output; None for the terminal."""


class TimingWatch:
    """An observer of running measurements; a progress display overrides its methods."""

    def planned(self, memory: int, timings: int) -> None:
        """Note the numbers of coming measurements."""

    def waiting(self, reason: str) -> None:
        """Note that another process uses the machine."""

    def started(self, timing: Timing) -> None:
        """Note that the measurement of an arm starts."""

    def ended(self, outcome: Outcome[Timing, StepTime] | Outcome[Timing, PeakMemory]) -> None:
        """Note a step time (which is on the disk), a memory peak, or a failure."""


class Timed(NamedTuple):
    """Results of the measurements."""

    written: int
    failed: dict[str, Failure]
    """Name of the step time -> its failure."""


def missing(study: Study, store: Store, options: TimingOptions) -> list[Timing]:
    """List the requested timings that are not stored, process by process.

    The number of a process seeds the order of its arms, so that no arm always comes first. An arm
    without a reference, or with batches of another size than its reference's, has no ratio.
    """
    stored = store.names(STEP_TIME)
    tasks = set(options.tasks or study.data)
    timed = [arm for arm in study.arms if _has_ratio(study, arm)]
    timings = []
    for process in range(options.processes):
        arms = list(timed)
        Random(process).shuffle(arms)
        timings += [Timing(arm=arm, process=process) for arm in arms if arm.task in tasks]
    return [timing for timing in timings if timing.name not in stored]


def phase(
    study: Study,
    store: Store,
    source: Source,
    options: TimingOptions | None = None,
    watch: TimingWatch | None = None,
    executor: Callable[[int, bool], Executor] | None = None,
    lock_folder: Path | None = None,
) -> Timed:
    """Measure the missing timings, and write each step time as it arrives.

    In each process the arms of a task are timed one after another, each in turn with its reference.
    The caller holds the store's lock, and no training lock.

    Args:
        executor: makes an executor from a number of jobs and a flag: each timing needs a process of its
            own.
        lock_folder: see `bench.storage.machine_lock`.

    Raises:
        BenchError: a step time could not be written.
    """
    options, watch = options or TimingOptions(), watch or TimingWatch()
    executor = executor or local(options)
    pending = missing(study, store, options)
    by_process = {n: [t for t in pending if t.process == n] for n in range(options.processes)}
    memory_timings = {
        n: _memory_timings(study, timings) if options.memory else []
        for n, timings in by_process.items()
    }
    watch.planned(sum(map(len, memory_timings.values())), len(pending))
    written, failed = 0, dict[str, Failure]()
    for process, timings in by_process.items():
        if not timings:
            continue
        memory: dict[tuple[str, str], float | None] = {}
        if options.memory:
            work = MemoryWork(study, source, options.plugins)
            with machine_lock.training(lock_folder):
                fresh = executor(options.jobs, True)
                memory = _memory(fresh, memory_timings[process], work, watch)
        with machine_lock.timing(lock_folder, watch.waiting):
            for task in dict.fromkeys(timing.arm.task for timing in timings):
                if has_passed(options.deadline):
                    break
                timing_work = TimingWork(study, source, options.plugins, memory, options.seconds)
                of_task = [timing for timing in timings if timing.arm.task == task]
                newly_written, newly_failed = _time(
                    store, executor(1, False), of_task, timing_work, watch, options.deadline
                )
                written += newly_written
                failed |= newly_failed
    return Timed(written, failed)


def _time(
    store: Store,
    executor: Executor,
    timings: Sequence[Timing],
    work: TimingWork,
    watch: TimingWatch,
    deadline: float | None,
) -> tuple[int, dict[str, Failure]]:
    """Time arms one after another and write each step time; return their number and the failures."""
    written, failed = 0, dict[str, Failure]()
    with (
        stopped_at(deadline, executor),
        closing(executor.run(timings, work, watch.started)) as outcomes,
    ):
        for outcome in outcomes:
            if outcome.record is not None:
                store.write(outcome.record)
                written += 1
            elif outcome.failure is not None:
                failed[outcome.assignment.name] = outcome.failure
            watch.ended(outcome)
    return written, failed


def local(options: TimingOptions) -> Callable[[int, bool], Executor]:
    """Return the function that makes executors of this machine."""

    def make(jobs: int, fresh: bool) -> LocalExecutor:
        return LocalExecutor(jobs, TIME_LIMIT, ENVIRONMENT, options.log_folder, fresh)

    return make


def _has_ratio(study: Study, arm: Arm) -> bool:
    if arm.reference is None:
        return False
    if study.timed_as(arm) != arm.name:
        return False
    reference = study.arm(arm.task, arm.reference)
    return bool(arm.recipe["batch_size"] == reference.recipe["batch_size"])


def _memory_timings(study: Study, timings: Sequence[Timing]) -> list[Timing]:
    """List each arm that one process times, and each of the references, once."""
    arms: dict[tuple[str, str], Timing] = {}
    for timing in timings:
        arm = timing.arm
        assert arm.reference is not None  # others have no ratio
        for each in (study.arm(arm.task, arm.reference), arm):
            arms.setdefault((each.task, each.name), timing.model_copy(update={"arm": each}))
    return list(arms.values())


def _memory(
    executor: Executor, timings: Sequence[Timing], work: MemoryWork, watch: TimingWatch
) -> dict[tuple[str, str], float | None]:
    """Measure peak memory by task and arm; None for an arm whose process failed."""
    peaks: dict[tuple[str, str], float | None] = {}
    with closing(executor.run(timings, work, watch.started)) as outcomes:
        for outcome in outcomes:
            arm = outcome.assignment.arm
            peaks[arm.task, arm.name] = outcome.record.peak_memory_mb if outcome.record else None
            watch.ended(outcome)
    return peaks
