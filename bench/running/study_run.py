"""A run of a study: plan it, train its missing trials, measure its step times."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from bench.core.failure import Failure
from bench.core.study import Study
from bench.data.source import Notice
from bench.plugins.registry import Registry
from bench.running import timing_phase, training_phase, tuning
from bench.running.arms import check_used
from bench.running.growth import check_open, grown, replace_edited
from bench.running.plan import equal_time, plan
from bench.running.request import Request
from bench.running.seeds import draw, seeds_text, studies_in
from bench.running.training_phase import Trained, Watching
from bench.running.workers import TrainingOptions, check_training, side_by_side
from bench.storage.store import Store
from bench.tasks.task import Source
from bench.timing.protocol import SECONDS


class RunOptions(NamedTuple):
    """Options of a run that change no arm and no seed."""

    results: Path
    source: Source
    training: TrainingOptions
    processes: int = 0
    """Fresh processes for each step time; 0: no step times."""
    seconds: float = SECONDS
    """Time for the blocks of an arm and its reference in one process."""
    deadline: float | None = None
    """Reading of `time.monotonic` after which no step time is measured."""
    equal_time: bool = False
    """True to add arms that train as long as their references do."""


class Display(NamedTuple):
    """The displays of a run."""

    notice: Callable[[Notice], None]
    """A function that shows a line about the data before anything trains."""
    warning: Callable[[str], None]
    training: Watching
    timing: timing_phase.TimingWatch


class Measured(NamedTuple):
    """Results of a run."""

    trained: Trained
    untimed: dict[str, Failure]
    """Name of a step time -> its failure."""


def planned(
    request: Request, registry: Registry, options: RunOptions, display: Display
) -> tuple[Study, Store]:
    """Plan the requested study; return it with its store.

    A default name skips finished studies, such as those that come with the suite.

    Raises:
        UsageError: an option has no meaning here, or would change nothing; nothing is written.
    """
    check_training(options.training)
    new_plan = plan(request, registry, options.source)
    check_used(request, registry)
    for notice in new_plan.notices:
        display.notice(notice)
    study = new_plan.study
    store = Store(options.results / study.name)
    if request.name is None:
        study, store = _open_study(study, options.results)
    study = study.model_copy(update={"first_seed": _first_seed(request, store)})
    if request.tuned is not None:
        tuning.check_seeds(request.tuned, study)
    if study.name != new_plan.study.name:
        finished = options.results / new_plan.study.name
        display.warning(f"{finished} is a finished study and stays; this one is {study.name!r}")
    if options.equal_time:
        study = equal_time(study, training_phase.step_ratios(store))
    return study, store


def _open_study(study: Study, results: Path) -> tuple[Study, Store]:
    """Append a number to a study's name until it is free, or its study is not finished."""
    names = chain([study.name], (f"{study.name}-{number}" for number in count(2)))
    name = next(name for name in names if not Store(results / name).is_compact())
    return study.model_copy(update={"name": name}), Store(results / name)


def _first_seed(request: Request, store: Store) -> int:
    """Return the requested first seed, else that of the stored study, else a drawn one."""
    if request.first_seed is not None:
        return request.first_seed
    stored = store.study()
    if stored is not None:
        return stored.first_seed
    taken_ranges = [study.seed_range() for study, _ in studies_in(store.folder.parent)]
    if (tuned := request.tuned) is not None:
        taken_ranges.append(range(tuned.first_seed, tuned.first_seed + tuned.seeds))
    return draw(taken_ranges, request.seeds)


def declared(
    requested: Study,
    store: Store,
    registry: Registry,
    display: Display,
    retrain: bool = False,
) -> Study:
    """Add the requested study to the stored one, write and return it; the caller holds the lock.

    Args:
        retrain: true to measure arms with edited code again.

    Raises:
        UsageError: the study is finished, differs in more than arms and seeds, or was edited; a
            declared comparison was looked at on these seeds.
    """
    check_open(store)
    growth = grown(store, requested, registry)
    for effect in growth.seen:
        display.warning(
            f"{effect.study} showed the effect of {effect.arm} on {effect.task} on "
            f"{seeds_text(effect.seeds)}: nothing is confirmed on them"
        )
    study = replace_edited(store, growth, retrain)
    store.write_study(study)
    return study


def measure(study: Study, store: Store, options: RunOptions, display: Display) -> Measured:
    """Train the missing trials of a stored study, then measure step times. Hold the store's lock."""
    for line in training_phase.set_damaged_aside(store):
        display.warning(line)
    source = settled_source(study, options.source.directory)
    training = options.training._replace(source=source)
    trained = training_phase.train(study, store, training, display.training)
    if trained.interrupted or not options.processes:
        return Measured(trained, {})
    timing = timing_phase.TimingOptions(
        processes=options.processes,
        seconds=options.seconds,
        deadline=options.deadline,
        memory=options.processes > 1,  # a process for each arm: too dear for a first look
        jobs=side_by_side(training, max(arm.recipe["threads"] for arm in study.arms)),
        plugins=training.plugins,
        log_folder=store.folder / "logs",
    )
    timed = timing_phase.phase(study, store, source, timing, display.timing)
    return Measured(trained, timed.failed)


def settled_source(study: Study, directory: Path | None) -> Source:
    """Return a source of the study's kind of data, which never falls back to the other kind."""
    return Source("synthetic" if study.synthetic else "tfds", directory)
