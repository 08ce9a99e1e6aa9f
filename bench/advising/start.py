"""Start or continue an advice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.advising.advice import Advice, continued, read_advice, write_advice
from bench.advising.advise import Advisor
from bench.advising.lab import Lab
from bench.core.errors import UsageError
from bench.core.metric import OBJECTIVE
from bench.core.metrics import objective_of
from bench.data.source import Notice
from bench.plugins.registry import Registry
from bench.running.growth import check_open
from bench.running.request import Request, check
from bench.running.seeds import draw, studies_in
from bench.running.study_run import Display, RunOptions
from bench.running.workers import Workers
from bench.storage.store import Store

MOST_SEEDS = 500
"""Number of seeds that are reserved for a choice."""


def part_name(name: str | None, profile: str, task: str, tasks: int) -> str:
    """Name the study of one task of an advice."""
    if name is None:
        return f"advise-{profile}-{task}"
    return name if tasks == 1 else f"{name}-{task}"


@contextmanager
def advisor(
    request: Request,
    budget: float,
    registry: Registry,
    options: RunOptions,
    display: Display,
    objective: str = OBJECTIVE,
) -> Iterator[Advisor]:
    """Start an advice, or continue a stored one, as its only writer.

    Args:
        request: names the study, its one task, and the techniques to choose from.
        budget: seconds for everything.
        objective: what to look for; the confirmation judges its metric.

    Raises:
        UsageError: there is no such objective, or the folder holds another advice, or another study.
    """
    metric, _ = objective_of(objective)
    request = request._replace(judged=metric.name)
    check(request, registry)
    assert request.name is not None
    store = Store(options.results / request.name)
    stored = read_advice(store.folder)
    if stored is None and store.study() is not None:
        raise UsageError(f"{store.folder} holds a study that is no advice; choose another --name")
    check_open(store)
    identity = registry.task(request.tasks[0]).identify(options.source)
    if identity.notice:
        display.notice(Notice(identity.notice, identity.missing))
    asked = _asked(request, budget, registry, options, objective)
    advice = asked if stored is None else continued(stored, asked)
    with store.lock(), Workers() as workers:
        if advice != stored:
            write_advice(store.folder, advice)
        yield Advisor(advice, store, Lab(request, registry, options, display, workers))


def _asked(
    request: Request, budget: float, registry: Registry, options: RunOptions, objective: str
) -> Advice:
    taken_ranges = [study.seed_range() for study, _ in studies_in(options.results)]
    first = draw(taken_ranges, MOST_SEEDS)
    names = registry.defaults() if request.strategies is None else request.strategies
    return Advice(
        name=request.name or "",
        profile=request.profile,
        task=request.tasks[0],
        base=tuple(request.base),
        settings=dict(request.settings),
        objective=objective,
        strategies=tuple(names),
        budget=budget,
        first_seed=first,
        confirmation_seed=draw([*taken_ranges, range(first, first + MOST_SEEDS)], MOST_SEEDS),
    )
