"""Two studies' lines as arrays of harm: an arm a row, a seed or fresh process a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bench.compare.metrics import Metric
from bench.stats.changes import Array
from bench.storage.history import Line, ProcessResult, SeedResult


class Sides(NamedTuple):
    """A metric of a task's arms in both studies, shape (arms, units); larger is worse.

    Arms are compared with each other by `base` and `new` (step time: the log of the ratio that was
    measured beside the baseline), the studies by the levels (step time: the log of milliseconds).
    """

    base: Array
    new: Array
    base_level: Array
    new_level: Array
    means: tuple[Array, Array]
    """Per arm, as a reader wants it: a fraction, a ratio, megabytes."""
    level_means: tuple[Array, Array]
    """The same, of the level: a fraction, milliseconds, megabytes."""
    machine_shift: float | None
    """How much slower a plain matrix product became (log), where the software is the same."""


def sides(metric: Metric, arms: Mapping[str, tuple[Line, Line]]) -> Sides:
    """The arrays of arms that have the metric on both sides, in the order given.

    Where seeds are shared they come first on both sides and in the same columns, so that paired
    tests find their pairs; `start_equal` says whether they are pairs.
    """
    lines = [[pair[side] for pair in arms.values()] for side in (0, 1)]
    if not metric.speed:
        units = _common_first(*(({s.seed for line in side for s in line.seeds}) for side in lines))
        values = [_seeds(metric, side, wanted) for side, wanted in zip(lines, units, strict=True)]
        harm = [metric.harm_scale * value for value in values]
        means = (_mean(values[0]), _mean(values[1]))
        return Sides(harm[0], harm[1], harm[0], harm[1], means, means, None)
    ratios = [np.log(_processes(side, metric.compared.field)) for side in lines]
    level = metric.compared.level
    if level is None:
        means = (np.exp(_mean(ratios[0])), np.exp(_mean(ratios[1])))
        return Sides(ratios[0], ratios[1], ratios[0], ratios[1], means, means, None)
    times = [np.log(_processes(side, level.field)) for side in lines]
    return Sides(
        *(ratios[0], ratios[1], times[0], times[1]),
        (np.exp(_mean(ratios[0])), np.exp(_mean(ratios[1]))),
        (np.exp(_mean(times[0])), np.exp(_mean(times[1]))),
        _machine_shift(lines),
    )


def start_equal(base: Line, new: Line) -> bool:
    """Whether two lines have the same seeds, each with the same initial weights and batches."""
    ours, theirs = ({s.seed: s.start for s in line.seeds} for line in (base, new))
    shared = ours.keys() & theirs.keys()
    return len(shared) > 1 and all(ours[seed] == theirs[seed] for seed in shared)


def _common_first(base: set[int], new: set[int]) -> tuple[list[int], list[int]]:
    """Units of each side as columns; those that only one side has are left out where some are
    shared, since a seed's own level would pass for a shift."""
    shared = sorted(base & new)
    return (shared, shared) if len(shared) > 1 else (sorted(base), sorted(new))


def _seeds(metric: Metric, lines: list[Line], wanted: list[int]) -> Array:
    rows = []
    for line in lines:
        known = {seed.seed: _score(metric, seed) for seed in line.seeds}
        rows.append([known.get(seed, np.nan) for seed in wanted])
    return np.array(rows, dtype=float)


def _score(metric: Metric, seed: SeedResult) -> float:
    value = seed.value(metric.compared.field)
    return np.nan if value is None else value


def _processes(lines: list[Line], name: str) -> Array:
    numbers = sorted({p.process for line in lines for p in line.processes})
    rows = []
    for line in lines:
        known = {p.process: _figure(p, name) for p in line.processes}
        rows.append([known.get(number, np.nan) for number in numbers])
    return np.array(rows, dtype=float)


def _figure(process: ProcessResult, name: str) -> float:
    value = getattr(process, name)
    return np.nan if value is None else float(value)


def _machine_shift(lines: list[list[Line]]) -> float | None:
    if any(ours.software != theirs.software for ours, theirs in zip(*lines, strict=True)):
        return None
    rates = [_processes(side, "matrix_rate") for side in lines]
    if not all(np.isfinite(side).any() for side in rates):
        return None
    before, after = (float(np.nanmedian(np.log(side))) for side in rates)
    return before - after


def _mean(values: Array) -> Array:
    return np.asarray(np.nanmean(values, axis=-1))
