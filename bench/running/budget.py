"""Cut a study to a budget of time: the measured cost of a trial, and the size and seeds that fit."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from bench.core.duration import duration
from bench.core.errors import BenchError, UsageError
from bench.core.strategy import COST_LIMITS
from bench.core.study import Study, Trial
from bench.plugins.registry import Registry
from bench.running.collect import TrainingWatch
from bench.running.plan import plan
from bench.running.request import Request
from bench.running.training_phase import train
from bench.running.workers import TrainingOptions, side_by_side
from bench.storage.store import Store
from bench.tasks.task import Source

PROBE_STEPS = 20
SIZES = (
    (4.0, 10), (2.0, 10), (1.0, 10), (1.0, 5), (1.0, 3), (0.5, 3), (0.5, 2), (0.25, 2), (0.25, 1),
)  # fmt: skip
"""Scale of the recipe (its examples and its steps) and number of seeds, the best first.

Scales below 1 come before a single seed, because one seed gives no interval.
"""
BLOCKS = 1.5
"""Seconds of timed blocks of an arm in a study with a budget."""
AROUND_BLOCKS = 2.0
"""Seconds for the resets and the warm-up of a step time."""
REPORT = 10.0
"""Seconds for the report."""


class Cost(NamedTuple):
    """Seconds of a trial of a task's baseline on this machine."""

    start: float
    """Start-up of a worker until its first trial starts."""
    trace: float
    step: float
    evaluation: float
    """All evaluations of a trial."""


class Fit(NamedTuple):
    """A size of a study, with its expected seconds."""

    scale: float
    seeds: int
    training: float
    timing: float

    @property
    def seconds(self) -> float:
        """Return the seconds of the whole study."""
        return self.training + self.timing + REPORT


class Chosen(NamedTuple):
    """A request cut to a budget."""

    request: Request
    training: TrainingOptions
    deadline: float
    """Reading of `time.monotonic` after which no step time is measured."""
    lines: tuple[str, ...]
    """Cost of a trial on this machine, the coming study and its expected time."""


def within(
    seconds: float,
    request: Request,
    registry: Registry,
    source: Source,
    training: TrainingOptions,
    processes: int,
    results: Path,
) -> Chosen:
    """Cut a request to some seconds, counted from now; keep the size of a study that was started.

    Args:
        seconds: seconds for everything, the probe included.
        request: a study of full size, without a name.
        processes: number of processes for step times; 0 for no step times.
        results: folder of the studies.

    Raises:
        UsageError: the request has a name or sizes of its own.
        BenchError: the probe fails.
    """
    sized = request.settings.keys() & {"recipe.steps", "recipe.train_examples"}
    if request.name or sized or request.sequential or request.tuned or request.sweep:
        raise UsageError(
            "--budget chooses the size, the seeds and the name of the study: leave out --name, "
            "--sweep, --tuned, --until-decided, --set recipe.steps and recipe.train_examples; or "
            "leave the budget out (make bench BUDGET=)"
        )
    began = time.monotonic()
    costs = probe(request, registry, source, training)
    jobs = side_by_side(training, 1)
    fits = fits_of(request, registry, source, costs, jobs, bool(processes))
    open_size = _begun(plan(request, registry, source).study.name, results)
    spent = time.monotonic() - began
    fit = next((f for f in fits if (f.scale, f.seeds) == open_size), None) or next(
        (f for f in fits if spent + f.seconds <= seconds), fits[-1]
    )
    seconds_left = seconds - spent
    longest_trial = max(c.trace + c.evaluation for c in costs.values())
    end = began + seconds - REPORT
    return Chosen(
        request._replace(scale=fit.scale, seeds=fit.seeds, prefix=prefix(fit.scale)),
        training._replace(deadline=end - fit.timing - longest_trial),
        end - BLOCKS - AROUND_BLOCKS,
        tuple(_told(request, costs, fit, seconds_left)),
    )


def _begun(name: str, results: Path) -> tuple[float, int] | None:
    """Return the scale and the seeds of a study that was started at some size and is not complete."""
    for scale in dict.fromkeys(scale for scale, _ in SIZES):
        pattern = f"{prefix(scale)}{name}"
        for folder in sorted([results / pattern, *results.glob(f"{pattern}-[0-9]*")]):
            store = Store(folder)
            study = store.study()
            if study is not None and not store.is_compact() and store.missing(study):
                return scale, study.seeds
    return None


def _told(
    request: Request, costs: Mapping[str, Cost], fit: Fit, seconds_left: float
) -> Iterator[str]:
    size = {1.0: "the recipe"}.get(fit.scale, f"{fit.scale:g} times the examples and steps")
    seeds = f"{fit.seeds} seeds" if fit.seeds > 1 else "1 seed"
    yield (
        "a trial's steps take "
        + ", ".join(f"{1000 * c.step:.0f} ms each on {task}" for task, c in costs.items())
        + f": {seeds} of {request.profile}, {size}"
    )
    yield (
        f"about {duration(fit.seconds)}: {duration(fit.training)} of training, "
        f"{duration(fit.timing)} of step times, then the report"
    )
    if fit.seconds > seconds_left:
        yield (
            f"that is more than the {duration(max(seconds_left, 0))} left of the budget: no trial "
            "begins after it, and the same command goes on"
        )


def prefix(scale: float) -> str:
    """Return the prefix of a study's default name, which marks a recipe of another size."""
    return "" if scale == 1 else f"x{scale:g}-"


def probe(
    request: Request, registry: Registry, source: Source, training: TrainingOptions
) -> dict[str, Cost]:
    """Train the baseline of each task for a few steps, side by side as the study will.

    Raises:
        BenchError: it fails.
    """
    asked = request._replace(
        strategies=(), stacks=(), design="one-in", seeds=1, first_seed=0, name="probe",
        exploratory=True, settings={**request.settings, "recipe.steps": str(PROBE_STEPS)},
    )  # fmt: skip
    study = plan(asked, registry, source).study
    kind = Source("synthetic" if study.synthetic else "tfds", source.directory)
    with tempfile.TemporaryDirectory(prefix="bench-probe-") as folder:
        store = Store(Path(folder) / study.name)
        store.write_study(study)
        watch = _Beginning()
        trained = train(study, store, training._replace(source=kind), lambda _: nullcontext(watch))
        for failure in trained.failed.values():
            raise BenchError(f"the first look failed: {failure.reason}")
        records = store.records().records
    return {
        record.task: Cost(
            start=watch.seconds,
            trace=record.trace_seconds,
            step=record.train_seconds / record.steps,
            evaluation=record.evaluation_seconds,
        )
        for record in records
    }


class _Beginning(TrainingWatch):
    """A watch that measures the seconds until the first trial starts."""

    def __init__(self) -> None:
        self._made = time.monotonic()
        self.seconds = 0.0

    def started(self, trial: Trial) -> None:
        self.seconds = self.seconds or time.monotonic() - self._made


def fits_of(
    request: Request,
    registry: Registry,
    source: Source,
    costs: Mapping[str, Cost],
    jobs: int,
    with_times: bool,
) -> list[Fit]:
    """Return each of `SIZES` with its expected seconds.

    Args:
        request: the study of full size.
        costs: task -> cost of a trial of its baseline.
        jobs: trials side by side.
        with_times: true if step times are measured too.
    """
    ratios = {name: _ratio(kind.facts.cost) for name, kind in registry.strategies.items()}
    study = plan(request, registry, source).study
    return [_fit(study, ratios, costs, size, jobs, with_times) for size in SIZES]


def _ratio(cost: str) -> float:
    return 1 + COST_LIMITS.get(cost, 0.0)


def _fit(
    study: Study,
    ratios: Mapping[str, float],
    costs: Mapping[str, Cost],
    size: tuple[float, int],
    jobs: int,
    with_times: bool,
) -> Fit:
    scale, seeds = size
    training = timing = 0.0
    base = {use.name for use in study.base}
    for arm in study.arms:
        cost, ratio = costs[arm.task], 1.0
        for name in {use.name for use in arm.strategies} - base:
            ratio *= ratios[name]
        steps = round(scale * arm.recipe["steps"])
        training += cost.trace * ratio + seeds * (steps * cost.step * ratio + cost.evaluation)
        timing += cost.trace * ratio + (BLOCKS + AROUND_BLOCKS if arm.reference else 0.0)
    start = next(iter(costs.values())).start
    whole = len(costs) * start + timing if with_times else 0.0
    return Fit(scale, seeds, start + training / jobs, whole)
