"""The phase of a study that measures step times: process after process, alone on the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench.core.failure import Failure
from bench.core.record import PeakMemory, StepTime
from bench.core.study import Arm, Study, Trial
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
    """How step times are measured."""

    processes: int = 1
    """Fresh processes: the replicates of an interval."""
    seconds: float = SECONDS
    """What the blocks of an arm and its reference may take in one process."""
    memory: bool = True
    """Whether the peak memory of each arm is measured too, each in a process of its own."""
    jobs: int = 1
    """How many of those run side by side; what is timed runs alone."""
    tasks: Sequence[str] = ()
    """Only these; all where there is none."""
    plugins: tuple[Path, ...] = ()
    log_folder: Path | None = None
    """Where the workers' output goes; None leaves it on the terminal."""


class TimingWatch:
    """What is told while step times are measured; a progress display overrides what it shows."""

    def planned(self, memory: int, timings: int) -> None:
        """How many measurements this call is going to make."""

    def waiting(self, reason: str) -> None:
        """The machine is not free yet."""

    def started(self, trial: Trial) -> None:
        """An arm begins to be measured; `trial.seed` is the process's number."""

    def ended(self, outcome: Outcome[StepTime] | Outcome[PeakMemory]) -> None:
        """An arm's step time (on the disk) or memory was measured, or why not."""


class Timed(NamedTuple):
    """What became of the measurements."""

    written: int
    failed: dict[str, Failure]
    """By the step time's name."""


def missing(study: Study, store: Store, options: TimingOptions) -> list[Trial]:
    """The measurements that are asked for and not there, process by process.

    The order of the arms within a process is shuffled by its number, so that no arm always comes
    first. An arm without a reference, or with batches of another size, has no ratio.
    """
    done = store.names(STEP_TIME)
    timed = [arm for arm in study.arms if _has_ratio(study, arm)]
    trials = []
    for process in range(options.processes):
        arms = list(timed)
        Random(process).shuffle(arms)
        trials += [Trial(arm=arm, seed=process) for arm in arms]
    wanted = set(options.tasks or study.data)
    return [trial for trial in trials if trial.arm.task in wanted and trial.name not in done]


def phase(
    study: Study,
    store: Store,
    source: Source,
    options: TimingOptions | None = None,
    watch: TimingWatch | None = None,
    executor: Callable[[int, bool], Executor] | None = None,
    lock_folder: Path | None = None,
) -> Timed:
    """Measures what `missing` names and writes each step time as it comes.

    Of a process number, each task's arms are timed one after another in one fresh process, each in
    turn with its reference. The caller holds the store's lock, and no training lock.

    Args:
        executor: makes one of so many jobs, with a fresh process for each trial or not.
        lock_folder: see `bench.storage.machine_lock`.

    Raises:
        BenchError: a step time could not be written.
    """
    options, watch = options or TimingOptions(), watch or TimingWatch()
    todo = missing(study, store, options)
    executor = executor or local(options)
    memory_todo = {n: _memory_trials(study, todo, n) for n in range(options.processes)}
    planned = sum(map(len, memory_todo.values())) if options.memory else 0
    watch.planned(planned, len(todo))
    written, failed = 0, {}
    for process in range(options.processes):
        now = [trial for trial in todo if trial.seed == process]
        if not now:
            continue
        memory: dict[tuple[str, str], float | None] = {}
        if options.memory:
            with machine_lock.training(lock_folder):
                work = MemoryWork(study, source, options.plugins)
                memory = _memory(executor(options.jobs, True), memory_todo[process], work, watch)
        with machine_lock.timing(lock_folder, watch.waiting):
            for task in dict.fromkeys(trial.arm.task for trial in now):
                timing = TimingWork(study, source, options.plugins, memory, options.seconds)
                of_task = [trial for trial in now if trial.arm.task == task]
                running = executor(1, False).run(of_task, timing, watch.started)
                with closing(running) as outcomes:
                    for outcome in outcomes:
                        if outcome.record is not None:
                            store.write(outcome.record)
                            written += 1
                        elif outcome.failure is not None:
                            failed[outcome.trial.name] = outcome.failure
                        watch.ended(outcome)
    return Timed(written, failed)


def local(options: TimingOptions) -> Callable[[int, bool], Executor]:
    """Makes executors of this machine."""

    def make(jobs: int, fresh: bool) -> LocalExecutor:
        return LocalExecutor(jobs, TIME_LIMIT, ENVIRONMENT, options.log_folder, fresh)

    return make


def _has_ratio(study: Study, arm: Arm) -> bool:
    if arm.reference is None:
        return False
    reference = study.arm(arm.task, arm.reference)
    return bool(arm.recipe["batch_size"] == reference.recipe["batch_size"])


def _memory_trials(study: Study, todo: Sequence[Trial], process: int) -> list[Trial]:
    """Each arm that is timed in a process, and each reference, once."""
    arms: dict[tuple[str, str], Arm] = {}
    for trial in todo:
        if trial.seed == process and trial.arm.reference is not None:
            for arm in (study.arm(trial.arm.task, trial.arm.reference), trial.arm):
                arms.setdefault((arm.task, arm.name), arm)
    return [Trial(arm=arm, seed=process) for arm in arms.values()]


def _memory(
    executor: Executor, trials: Sequence[Trial], work: MemoryWork, watch: TimingWatch
) -> dict[tuple[str, str], float | None]:
    """Peak memory by task and arm; an arm whose process failed has none."""
    found: dict[tuple[str, str], float | None] = {}
    with closing(executor.run(trials, work, watch.started)) as outcomes:
        for outcome in outcomes:
            key = (outcome.trial.arm.task, outcome.trial.arm.name)
            found[key] = outcome.record.peak_memory_mb if outcome.record else None
            watch.ended(outcome)
    return found
