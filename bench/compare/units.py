"""Two studies' lines as arrays of harm: a row per arm, a column per seed or fresh process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.compare.metrics import Metric
from bench.stats.changes import Array
from bench.storage.history import Line, ProcessResult


class Sides(NamedTuple):
    """A metric of a task's arms in both studies, shape (arms, units); larger is worse.

    Arms are compared with each other by `base` and `new` (step time: the log of the ratio to the
    baseline beside it). Studies are compared by the levels (step time: the log of milliseconds).
    """

    base: Array
    new: Array
    base_level: Array
    new_level: Array
    means: tuple[Array, Array]
    """Mean of each arm for readers: a fraction, a ratio, megabytes."""
    level_means: tuple[Array, Array]
    """Mean level of each arm for readers: a fraction, milliseconds, megabytes."""
    machine_shift: float | None
    """Slow-down of a plain matrix product (log), where the software is the same."""


def sides(metric: Metric, arms: Mapping[str, tuple[Line, Line]], paired: bool = False) -> Sides:
    """Make the arrays of arms that have the metric on both sides, in the order given.

    A seed has the same column on both sides, so that paired tests find their pairs.

    Args:
        paired: leave out the seeds that only one side has; `starts_equal` tells whether to pair.
    """
    base = [lines[0] for lines in arms.values()]
    new = [lines[1] for lines in arms.values()]
    field, level = metric.compared.field, metric.compared.level
    if not metric.speed:
        scores = _scores(base, new, field, paired)
        harm = tuple(metric.harm_scale * side for side in scores)
        means = (_mean(scores[0]), _mean(scores[1]))
        return Sides(harm[0], harm[1], harm[0], harm[1], means, means, None)
    logs = (np.log(_table(base, field)), np.log(_table(new, field)))
    means = (np.exp(_mean(logs[0])), np.exp(_mean(logs[1])))
    if level is None:
        return Sides(*logs, *logs, means, means, None)
    levels = (np.log(_table(base, level.field)), np.log(_table(new, level.field)))
    level_means = (np.exp(_mean(levels[0])), np.exp(_mean(levels[1])))
    return Sides(*logs, *levels, means, level_means, _machine_shift(base, new))


def starts_equal(arms: Iterable[tuple[Line, Line]]) -> bool:
    """Return true if the trials of two studies are pairs.

    Pairs have equal seeds, with equal initial weights and batches. At least half of the seeds of the
    smaller study must have a partner: pairs of few seeds are weaker than two samples of all seeds.
    A diverged trial does not count, because it was stopped before it saw all batches. An arm with fewer
    than two converged trials does not count either.
    """
    equal = []
    for lines in arms:
        starts = [{s.seed: s.start for s in line.seeds if not s.diverged} for line in lines]
        if min(map(len, starts)) > 1:
            shared = starts[0].keys() & starts[1].keys()
            seeds = [{s.seed for s in line.seeds} for line in lines]
            many = 2 * len(seeds[0] & seeds[1]) >= min(map(len, seeds)) and len(shared) > 1
            equal.append(many and all(starts[0][s] == starts[1][s] for s in shared))
    return bool(equal) and all(equal)


def values(line: Line, field: str) -> dict[int, float]:
    """Return the values of a field by process or, for scores, by seed, where they are known.

    Diverged trials are left out: their number is a metric of its own. An arm with fewer than two
    converged trials keeps all of them, the diverged ones at chance.
    """
    if field in ProcessResult.model_fields:
        pairs = {process.process: getattr(process, field) for process in line.processes}
    else:
        converged = [seed for seed in line.seeds if not seed.diverged]
        counted = converged if len(converged) > 1 else line.seeds
        pairs = {seed.seed: seed.value(field) for seed in counted}
    return {number: value for number, value in pairs.items() if value is not None}


def _scores(
    base: Sequence[Line], new: Sequence[Line], field: str, paired: bool
) -> tuple[Array, Array]:
    """Make the table of each side, shape (arms, seeds).

    In pairs a seed that only one side has would add its own level to the shift. Two independent
    samples keep all their seeds: to keep only a few shared ones would throw the rest away. The shared
    ones correlate, which makes Welch's test cautious.
    """
    of_base, of_new = ({seed.seed for line in side for seed in line.seeds} for side in (base, new))
    shared = of_base & of_new
    seeds = sorted(shared if paired else of_base | of_new)
    tables = _table(base, field, seeds), _table(new, field, seeds)
    return _in_both(*tables, np.isin(seeds, sorted(shared)))


def _table(lines: Sequence[Line], field: str, numbers: Sequence[int] | None = None) -> Array:
    """Make a row per line and a column per number, NaN where a line lacks one."""
    frame = pd.DataFrame([values(line, field) for line in lines], dtype=float)
    columns = sorted(frame.columns) if numbers is None else list(numbers)
    return frame.reindex(columns=columns).to_numpy()


def _in_both(base: Array, new: Array, shared: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Leave out the shared seeds that an arm has on one side only, where two a side remain.

    Args:
        shared: seeds of both studies, shape (seeds,).
    """
    one_sided = (np.isnan(base) != np.isnan(new)) & shared
    kept = [(np.isfinite(side) & ~one_sided).sum(axis=1, keepdims=True) for side in (base, new)]
    one_sided &= np.minimum(*kept) > 1
    return np.where(one_sided, np.nan, base), np.where(one_sided, np.nan, new)


def _machine_shift(base: Sequence[Line], new: Sequence[Line]) -> float | None:
    if any(ours.software != theirs.software for ours, theirs in zip(base, new, strict=True)):
        return None
    rates = [_table(side, "matrix_rate") for side in (base, new)]
    if not all(side.size for side in rates):
        return None
    before, after = (float(np.nanmedian(np.log(side))) for side in rates)
    return before - after


def _mean(table: Array) -> Array:
    return np.asarray(np.nanmean(table, axis=-1))
