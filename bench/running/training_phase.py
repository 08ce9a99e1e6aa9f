"""The phase of a study that trains: the missing trials, their executor, their expected time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from statistics import fmean, median
from typing import NamedTuple

from bench.core.failure import Failure
from bench.core.record import file_stem
from bench.core.study import Study, Trial
from bench.running.collect import Collected, TrainingWatch, collect
from bench.running.shared import copy_trained, first_of_each
from bench.running.training_work import TrainingWork
from bench.running.workers import TrainingOptions, Workers
from bench.storage import machine_lock
from bench.storage.records import numbers
from bench.storage.store import Store

Watching = Callable[[Sequence[Trial]], AbstractContextManager[TrainingWatch]]
"""Trials -> the display to enter while they run."""


class Trained(NamedTuple):
    """Results of training a study."""

    written: int
    there: int
    """Number of trials that were measured before."""
    failed: dict[str, Failure]
    interrupted: bool


def train(study: Study, store: Store, options: TrainingOptions, watching: Watching) -> Trained:
    """Train the missing trials, and store their records before this returns.

    A sequential study grows by its rule (`bench.analysis.looks`): arms without a verdict and their
    references get more seeds.
    """
    pending = store.missing(study, options.retry_failed)
    already_measured = len(study.trials()) - len(pending)
    with Workers() as workers:
        collected = train_trials(study, store, options, watching, pending, workers)
        written = collected.written
        while study.sequential and not collected.interrupted:
            pending = _undecided(study, store)
            if not pending:
                break
            collected = train_trials(study, store, options, watching, pending, workers)
            written += collected.written
    return Trained(written, already_measured, store.failures(), collected.interrupted)


def train_trials(
    study: Study,
    store: Store,
    options: TrainingOptions,
    watching: Watching,
    trials: list[Trial],
    workers: Workers,
) -> Collected:
    """Train some trials of a stored study; equal ones of several arms once."""
    remaining = copy_trained(store, trials)
    first = first_of_each(remaining)
    collected = _train(study, store, options, watching, first, workers)
    names = {trial.name for trial in first}
    waiting = copy_trained(store, [trial for trial in remaining if trial.name not in names])
    copied = len(trials) - len(first) - len(waiting)
    return collected._replace(written=collected.written + copied)


def _train(
    study: Study,
    store: Store,
    options: TrainingOptions,
    watching: Watching,
    trials: list[Trial],
    workers: Workers,
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
        own_tasks=study.own_tasks,
    )
    with machine_lock.training(), watching(trials) as watch:
        executor = workers.executor(options, store, trials)
        return collect(store, executor, trials, work, watch, options.deadline)


def _undecided(study: Study, store: Store) -> list[Trial]:
    """List the trials that the next look of a sequential study needs; empty if every arm is decided."""
    from bench.analysis.frames import trials_frame
    from bench.analysis.looks import look

    failed = store.failures().keys()
    lost = [
        (arm.task, arm.name, number)
        for arm in study.arms
        for number in numbers(failed, file_stem(arm.task, arm.name))
    ]
    step = look(study, trials_frame(study, store.records().records, lost))
    if step.seeds is None:
        return []
    names = set(step.undecided)
    names |= {(task, study.arm(task, arm).reference or arm) for task, arm in step.undecided}
    arms = tuple(arm for arm in study.arms if (arm.task, arm.name) in names)
    ended = store.names() | failed
    trials = study.model_copy(update={"seeds": step.seeds, "arms": arms}).trials()
    return [trial for trial in trials if trial.name not in ended]


def step_ratios(store: Store) -> dict[tuple[str, str], float]:
    """Return (task, arm) -> median ratio of its step time to its reference's, over processes."""
    ratios: dict[tuple[str, str], list[float]] = {}
    for record in store.step_times().step_times:
        ratios.setdefault((record.task, record.arm), []).append(record.ratio)
    return {arm: median(values) for arm, values in ratios.items()}


def set_damaged_aside(store: Store) -> list[str]:
    """Move files with a broken seal aside, so that they are measured again; return a line for each."""
    damaged = store.damaged()
    store.set_aside(damaged)
    return [f"{item.path.name} was damaged ({item.reason}) and is set aside" for item in damaged]


def expected_seconds(store: Store, trials: Sequence[Trial]) -> float | None:
    """Estimate the seconds of one worker for some trials from the records; None without records."""
    by_arm: dict[tuple[str, str], list[float]] = {}
    by_task: dict[str, list[float]] = {}
    for record in store.records().records:
        seconds = record.train_seconds + record.evaluation_seconds
        by_arm.setdefault((record.task, record.arm), []).append(seconds)
        by_task.setdefault(record.task, []).append(seconds)
    if not by_arm:
        return None
    overall = [seconds for values in by_task.values() for seconds in values]
    total = 0.0
    for arm in (trial.arm for trial in trials):
        total += fmean(by_arm.get((arm.task, arm.name)) or by_task.get(arm.task) or overall)
    return total
