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
from bench.running.shortened import Shortened
from bench.running.study_run import Display, RunOptions
from bench.running.training_phase import Trained
from bench.running.tuning import Tuned
from bench.storage.store import Store

POINTS = 5
"""Settings that each arm tries before a study, its default included."""
PREFIX = "tune-"
"""Begin of the name of a tuning study."""
SETTINGS = "tuned.json"


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

    Args:
        requested: the study of `request`, as it is planned.
        store: its store.
        request: the request, with its tuning points.
        output: the file to write; None for `tuned.json` in the store's folder.
        retrain: true to measure arms with edited code again.
    """
    path = output or store.folder / SETTINGS
    strategies = _strategies(request, registry)
    rounds, written = _rounds(requested, request, strategies), 0
    with store.lock():
        for round_of in (rounds.first, rounds.second):
            requested = round_of(store.records().records)
            study = study_run.declared(requested, store, registry, display, retrain)
            trained = study_run.measure(study, store, untimed(options), display).trained
            written += trained.written
            trained = trained._replace(written=written)
            ended = store.names() | store.failures().keys()
            if trained.interrupted or any(trial.name not in ended for trial in study.trials()):
                return Tuning(trained, None, path)
    records = store.records().records
    chosen = tuning.choose(study, records, request.points, strategies, rounds.kept(records))
    checks, cost = rounds.checks(records), _steps(study) / _steps(rounds.study)
    tuned = chosen.model_copy(update={"shortened": checks, "cost": cost})
    tuning.write(tuned, path)
    return Tuning(trained, tuned, path)


def first_round(before: Ahead, registry: Registry) -> Study:
    """Return the study that a tuning trains first."""
    strategies = _strategies(before.request, registry)
    return _rounds(before.study, before.request, strategies).first()


def tune_ahead(
    before: Ahead, registry: Registry, options: RunOptions, display: Display, retrain: bool
) -> Tuning:
    """Tune the arms that are not tuned yet; keep the settings of the others."""
    ended = tune(
        before.study, before.store, before.request, registry, options, display, retrain=retrain
    )
    if ended.tuned is None:
        return ended
    merged = {
        task: {
            name: setting
            if (task, name) in before.untuned
            else before.settings.settings[task][name]
            for name, setting in of_task.items()
        }
        for task, of_task in ended.tuned.settings.items()
    }
    tuned = ended.tuned.model_copy(update={"settings": merged})
    tuning.write(tuned, ended.path)
    return ended._replace(tuned=tuned)


def without_setting(before: Ahead, tuned: Tuned) -> Iterator[ArmKey]:
    """Yield the arms that got no setting, because trials of theirs failed."""
    for task, name in before.untuned:
        if name not in tuned.settings.get(task, {}):
            yield task, name


def _rounds(study: Study, request: Request, strategies: Mapping[str, str]) -> Shortened:
    return Shortened(study, tuple(strategies), request.points, request.short)


def _steps(study: Study) -> int:
    return sum(trial.arm.recipe["steps"] for trial in study.trials())


def _strategies(request: Request, registry: Registry) -> dict[str, str]:
    """Return arm -> the strategy whose parameters it tunes."""
    candidates = ArmBuilder(request, registry).candidates()
    return {BASELINE: "", **{c.name: own_strategy(c) for c in candidates}}
