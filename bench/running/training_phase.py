"""The phase of a study that trains: what is missing, where it runs, how long it will take."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.core.errors import UsageError, unknown
from bench.core.failure import Failure
from bench.core.study import Study, Trial
from bench.running import timing_phase
from bench.running.collect import Collected, TrainingWatch, collect
from bench.running.executors.executor import Executor
from bench.running.training_work import TrainingWork
from bench.storage import machine_lock
from bench.storage.store import Store
from bench.tasks.task import Source

EXECUTORS = ("local", "ray")
Watching = Callable[[int], AbstractContextManager[TrainingWatch]]
"""Number of trials -> the display to enter while they run."""


class TrainingOptions(NamedTuple):
    """How a study runs; none of it changes what is measured."""

    source: Source
    plugins: tuple[Path, ...] = ()
    jobs: int = 1
    executor: str = "local"
    address: str | None = None
    gpus_per_trial: float = 0.0
    time_limit: float | None = None
    """Seconds that a trial may run."""
    retry_failed: bool = False


class Trained(NamedTuple):
    """What training a study came to."""

    written: int
    there: int
    """Trials that had been measured before."""
    failed: dict[str, Failure]
    interrupted: bool


def train(study: Study, store: Store, options: TrainingOptions, watching: Watching) -> Trained:
    """Train the trials that are missing; records are in the store when this returns.

    A sequential study goes on by its rule (`bench.analysis.looks`): more seeds for the arms that are
    still undecided, and for what they are compared with.
    """
    missing = store.missing(study, options.retry_failed)
    there = len(study.trials()) - len(missing)
    collected = _collect(study, store, options, watching, missing)
    written = collected.written
    while study.sequential and not collected.interrupted:
        missing = _undecided(study, store)
        if not missing:
            break
        collected = _collect(study, store, options, watching, missing)
        written += collected.written
    return Trained(written, there, store.failures(), collected.interrupted)


def _collect(
    study: Study, store: Store, options: TrainingOptions, watching: Watching, trials: list[Trial]
) -> Collected:
    if not trials:
        return Collected(0, {}, False)
    work = TrainingWork(
        study=study.name,
        source=options.source,
        data=study.data,
        settings=study.settings,
        plugins=options.plugins,
        checkpoints=store.folder.resolve() / "checkpoints",
    )
    with machine_lock.training(), watching(len(trials)) as watch:
        return collect(store, executor(options, store, trials), trials, work, watch)


def _undecided(study: Study, store: Store) -> list[Trial]:
    """What the next look of a sequential study still needs; empty where all is decided."""
    from bench.analysis.frames import trials_frame
    from bench.analysis.looks import look

    failed = store.failures()
    lost = [t for t in _any_seed(study) if t.name in failed]
    frame = trials_frame(
        study, store.records().records, [(t.arm.task, t.arm.name, t.seed) for t in lost]
    )
    step = look(study, frame)
    if step.seeds is None:
        return []
    wanted = {}
    for task, name in step.undecided:
        arm = study.arm(task, name)
        for one in (arm, study.arm(task, arm.reference) if arm.reference else arm):
            wanted[one.task, one.name] = one
    done = store.names() | failed.keys()
    trials = [Trial(arm=arm, seed=seed) for seed in range(step.seeds) for arm in wanted.values()]
    return [trial for trial in trials if trial.name not in done]


def _any_seed(study: Study) -> list[Trial]:
    from bench.analysis.verdict import LOOKS

    return study.model_copy(update={"seeds": max(study.seeds, *LOOKS)}).trials()


def time_steps(
    study: Study,
    store: Store,
    options: TrainingOptions,
    processes: int,
    watch: timing_phase.TimingWatch,
) -> dict[str, Failure]:
    """Measure the step times that are missing, alone on the machine; returns what failed.

    Memory, a process for each arm, is measured where several processes are asked for.
    """
    timing = timing_phase.TimingOptions(
        processes=processes,
        memory=processes > 1,
        jobs=options.jobs,
        plugins=options.plugins,
        log_folder=store.folder / "logs",
    )
    return timing_phase.phase(study, store, options.source, timing, watch).failed


def step_ratios(store: Store) -> dict[tuple[str, str], float]:
    """(task, arm) -> the median ratio of its step time to its reference's, over all processes."""
    found: dict[tuple[str, str], list[float]] = {}
    for one in store.step_times().step_times:
        pairs = zip(one.arm_ms, one.reference_ms, strict=True)
        found.setdefault((one.task, one.arm), []).append(median(a / r for a, r in pairs))
    return {key: median(ratios) for key, ratios in found.items()}


def set_damaged_aside(store: Store) -> list[str]:
    """Move files whose seal does not hold out of the way, to be measured again; a line for each."""
    damaged = store.damaged()
    store.set_aside(damaged)
    return [f"{item.path.name} was damaged ({item.reason}) and is set aside" for item in damaged]


def executor(options: TrainingOptions, store: Store, trials: list[Trial]) -> Executor:
    """Where the trials run.

    Raises:
        UsageError: an executor that does not exist, or Ray without `pip install .[ray]`.
    """
    if options.executor not in EXECUTORS:
        raise unknown("executor", options.executor, EXECUTORS)
    threads = {int(trial.arm.recipe["threads"]) for trial in trials}
    if len(threads) > 1:
        raise UsageError("recipe.threads is one number for all arms of a study")
    count = threads.pop()
    environment = {"OMP_NUM_THREADS": str(count), "TF_CPP_MIN_LOG_LEVEL": "2"}
    if options.executor == "ray":
        try:
            from bench.running.executors.ray import RayExecutor
        except ImportError:
            raise UsageError("--executor ray needs Ray: pip install '.[ray]'") from None
        return RayExecutor(
            address=options.address,
            gpus_per_trial=options.gpus_per_trial,
            cpus_per_trial=count,
            time_limit=options.time_limit,
            environment=environment,
        )
    from bench.running.executors.local import LocalExecutor

    return LocalExecutor(
        options.jobs, options.time_limit, environment, log_folder=store.folder / "logs"
    )


def expected_seconds(store: Store, trials: list[Trial]) -> float | None:
    """Seconds of one worker that the trials will take, from the records there are; None without."""
    spent: dict[tuple[str, str], list[float]] = {}
    for record in store.records().records:
        seconds = record.train_seconds + record.evaluation_seconds
        spent.setdefault((record.task, record.arm), []).append(seconds)
    if not spent:
        return None
    by_task: dict[str, list[float]] = {}
    for (task, _), values in spent.items():
        by_task.setdefault(task, []).extend(values)
    everything = [value for values in by_task.values() for value in values]
    total = 0.0
    for trial in trials:
        known = spent.get((trial.arm.task, trial.arm.name)) or by_task.get(trial.arm.task)
        values = known or everything
        total += sum(values) / len(values)
    return total
