"""The phase before a study that finds the settings of its arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.core.errors import UsageError
from bench.core.study import BASELINE, TUNED, Study
from bench.plugins.registry import Registry
from bench.running import study_run, tuning
from bench.running.arms import ArmBuilder, own_strategy
from bench.running.growth import ArmKey, check_open, grown
from bench.running.profiles import PROFILES
from bench.running.request import Request
from bench.running.seeds import draw, studies_in
from bench.running.shortened import SHORT, Shortened, short_study, steps
from bench.running.study_run import Display, RunOptions
from bench.running.training_phase import Trained
from bench.running.tuning import Tuned, TunedSetting
from bench.storage.store import Store

POINTS = 5
"""Settings that each arm tries before a study, its default included."""
PREFIX = "tune-"
"""Begin of the name of a tuning study."""
SETTINGS = "tuned.json"
OfTasks = Mapping[str, Mapping[str, TunedSetting]]
"""Task -> arm -> setting."""


class Tuning(NamedTuple):
    """A tuning study that has ended."""

    trained: Trained
    tuned: Tuned | None
    """None if trials are missing: Ctrl-C stopped it."""
    path: Path
    """The file of its settings, for `bench run --tuned`."""


class Ahead(NamedTuple):
    """A tuning before a study."""

    request: Request
    """Request of the tuning study."""
    study: Study
    store: Store
    settings: Tuned
    """Settings as far as they are known; arms that are not tuned yet have their defaults."""
    untuned: tuple[ArmKey, ...]
    """Arms that are not tuned yet."""


def ahead(
    request: Request, study: Study, registry: Registry, options: RunOptions, display: Display
) -> Ahead:
    """Plan the tuning of a planned study's arms; refuse what the study would refuse afterwards.

    Settings that were chosen before stay as they are, so that a study has one setting for each arm.

    Args:
        request: the request of the study, without settings.
        study: the study as it is planned without them.

    Raises:
        UsageError: the study is finished, is there without tuned arms, or differs in more than arms and
            seeds.
    """
    asked = tuning_request(request, study, options.results)
    planned, store = study_run.planned(asked, registry, untimed(options), display)
    path = store.folder / SETTINGS
    known = tuning.read(path).settings if path.exists() else {}
    defaults = tuning.defaults(planned, POINTS, _strategies(asked, registry))
    chosen = {
        task: {**of_task, **{n: s for n, s in known.get(task, {}).items() if n in of_task}}
        for task, of_task in defaults.settings.items()
    }
    untuned = [
        (t, n) for t, of_task in chosen.items() for n in of_task if n not in known.get(t, {})
    ]
    settings = defaults.model_copy(update={"settings": chosen})
    tuned_request = request._replace(tuned=settings)
    tuned_study, tuned_store = study_run.planned(tuned_request, registry, options, display)
    check_open(tuned_store)
    stored = tuned_store.study()
    if stored is not None and not any(arm.name.endswith(TUNED) for arm in stored.arms):
        raise UsageError(
            f"study {stored.name!r} exists without tuned arms: --no-tune goes on with it, another "
            "--name has tuned arms"
        )
    grown(tuned_store, tuned_study, registry)
    return Ahead(asked, planned, store, settings, tuple(untuned))


def tuning_request(request: Request, study: Study, results: Path) -> Request:
    """Return the request that tunes the arms of a study, on one seed that the study has not.

    Args:
        request: the request of the study.
        study: the study as it is planned.
        results: folder of studies.
    """
    name = f"{PREFIX}{study.name}"
    stored = Store(results / name).study()
    taken = [study.seed_range(), *(earlier.seed_range() for earlier, _ in studies_in(results))]
    return request._replace(
        name=name,
        points=POINTS,
        short=PROFILES[request.profile].short,
        seeds=1,
        first_seed=draw(taken, 1) if stored is None else stored.first_seed,
        sweep=None,
        controls=False,
        sequential=False,
    )


def untimed(options: RunOptions) -> RunOptions:
    """Return options without step times, which a tuning does not measure."""
    return options._replace(processes=0, equal_time=False)


def tune(
    requested: Study,
    store: Store,
    request: Request,
    registry: Registry,
    options: RunOptions,
    display: Display,
    output: Path | None = None,
    retrain: bool = False,
) -> Tuning:
    """Train the missing trials of a planned tuning study; choose and write the settings.

    Settings that the file has of other arms and tasks of the study stay in it.

    Args:
        requested: the study of `request`, as it is planned.
        store: its store.
        request: the request, with its tuning points.
        output: the file to write; None for `tuned.json` in the store's folder.
        retrain: true to measure arms with edited code again.
    """
    path, strategies = output or store.folder / SETTINGS, _strategies(request, registry)
    rounds = Rounds(registry, options, display, retrain)
    share = short_share(requested, request, store)
    short, short_store = short_study(requested, share), Store(store.folder / SHORT)
    with store.lock():
        if share < 1:
            with short_store.lock():
                if not rounds.complete(short, short_store):
                    return Tuning(rounds.trained, None, path)
        short_records = short_store.records().records
        chooser = Shortened(requested, tuple(strategies), request.points, share, short_records)
        if not rounds.complete(chooser.going_on(), store):
            return Tuning(rounds.trained, None, path)
        checks = chooser.checks(store.records().records)
        kept = chooser.kept(checks)
        full = chooser.chosen_from(kept)
        if store.missing(full) and not rounds.complete(full, store, retry_failed=False):
            return Tuning(rounds.trained, None, path)
    study = store.study() or requested
    tuned = tuning.choose(study, store.records().records, request.points, strategies, kept)
    spent = steps(full) + (steps(short) if share < 1 else 0)
    tuned = tuned.model_copy(
        update={
            "settings": _over(_known(path, tuned), tuned.settings),
            "short": share,
            "shortened": checks,
            "cost": spent / steps(requested),
        }
    )
    tuning.write(tuned, path)
    return Tuning(rounds.trained, tuned, path)


class Rounds:
    """The studies that a tuning trains one after another.

    Args:
        registry: strategies and tasks.
        options: of the run; step times are left out.
        display: displays of the run.
        retrain: true to measure arms with edited code again.
    """

    def __init__(
        self, registry: Registry, options: RunOptions, display: Display, retrain: bool
    ) -> None:
        self.registry, self.options = registry, untimed(options)
        self.display, self.retrain = display, retrain
        self.trained = Trained(0, 0, {}, interrupted=False)
        """Results of the last study, with the trials of all of them."""

    def complete(self, study: Study, store: Store, retry_failed: bool = True) -> bool:
        """Train the missing trials of a study; return true if each one has ended."""
        study = study_run.declared(study, store, self.registry, self.display, self.retrain)
        training = self.options.training
        training = training._replace(retry_failed=training.retry_failed and retry_failed)
        options = self.options._replace(training=training)
        trained = study_run.measure(study, store, options, self.display).trained
        self.trained = trained._replace(written=self.trained.written + trained.written)
        return not trained.interrupted and not store.missing(study)


def short_share(study: Study, request: Request, store: Store) -> float:
    """Return the share of the steps of the short trials; 1 if there are none.

    There are none where they cost more than they save. A tuning goes on as it began.
    """
    if store.study() is not None:
        return request.short if Store(store.folder / SHORT).study() is not None else 1.0
    baselines, whole = len(study.data), len(study.arms)
    others = whole // request.points - baselines
    needed = request.short * whole + request.points * baselines + 2 * others
    return request.short if needed < whole else 1.0


def first_round(before: Ahead) -> tuple[Study, Store]:
    """Return the study that a tuning trains first, with its store."""
    share = short_share(before.study, before.request, before.store)
    if share == 1:
        return before.study, before.store
    return short_study(before.study, share), Store(before.store.folder / SHORT)


def tune_ahead(
    before: Ahead, registry: Registry, options: RunOptions, display: Display, retrain: bool
) -> Tuning:
    """Tune the arms that are not tuned yet; keep the settings of the others."""
    ended = tune(
        before.study, before.store, before.request, registry, options, display, retrain=retrain
    )
    if ended.tuned is None:
        return ended
    known = {
        task: {name: s for name, s in of_task.items() if (task, name) not in before.untuned}
        for task, of_task in before.settings.settings.items()
    }
    tuned = ended.tuned.model_copy(update={"settings": _over(ended.tuned.settings, known)})
    tuning.write(tuned, ended.path)
    return ended._replace(tuned=tuned)


def without_setting(before: Ahead, tuned: Tuned) -> Iterator[ArmKey]:
    """Yield the arms that got no setting, because trials of theirs failed."""
    for task, name in before.untuned:
        if name not in tuned.settings.get(task, {}):
            yield task, name


def _known(path: Path, tuned: Tuned) -> OfTasks:
    """Return the settings that a file has from the same tuning study; none if it has none."""
    try:
        known = tuning.read(path)
    except UsageError:
        return {}
    same = ("profile", "base", "points", "seeds", "first_seed", "judged")
    return known.settings if all(getattr(known, n) == getattr(tuned, n) for n in same) else {}


def _over(settings: OfTasks, others: OfTasks) -> OfTasks:
    """Return settings with others laid over them."""
    return {
        task: {**settings.get(task, {}), **others.get(task, {})} for task in {**settings, **others}
    }


def _strategies(request: Request, registry: Registry) -> dict[str, str]:
    """Return arm -> the strategy whose parameters it tunes."""
    candidates = ArmBuilder(request, registry).candidates()
    return {BASELINE: "", **{c.name: own_strategy(c) for c in candidates}}
