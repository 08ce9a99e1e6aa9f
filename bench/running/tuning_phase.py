"""The phase before a study that finds the settings of its arms."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bench.core.study import BASELINE, Study
from bench.plugins.registry import Registry
from bench.running import study_run, tuning
from bench.running.arms import ArmBuilder, own_strategy
from bench.running.request import Request
from bench.running.seeds import draw, studies_in
from bench.running.study_run import Display, RunOptions
from bench.running.training_phase import Trained
from bench.running.tuning import Tuned
from bench.storage.store import Store

POINTS = 3
"""Settings that each arm tries before a study, its default included."""
PREFIX = "tune-"
"""Begin of the name of a tuning study."""


class Tuning(NamedTuple):
    """A tuning study that has ended."""

    trained: Trained
    tuned: Tuned | None
    """None if Ctrl-C stopped it."""
    path: Path
    """The file of its settings, for `bench run --tuned`."""


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
        seeds=1,
        first_seed=draw(taken, 1) if stored is None else stored.first_seed,
        controls=False,
        sequential=False,
    )


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
    candidates = ArmBuilder(request, registry).candidates()
    strategies = {BASELINE: "", **{c.name: own_strategy(c) for c in candidates}}
    untimed = options._replace(processes=0, equal_time=False)
    with store.lock():
        study = study_run.declared(requested, store, registry, display, retrain)
        trained = study_run.measure(study, store, untimed, display).trained
    path = output or store.folder / "tuned.json"
    if trained.interrupted:
        return Tuning(trained, None, path)
    tuned = tuning.choose(study, store.records().records, request.points, strategies)
    tuning.write(tuned, path)
    return Tuning(trained, tuned, path)
