"""Divergence as an outcome of its own in the comparison of two studies."""

from __future__ import annotations

import numpy as np

from bench.compare.metrics import Metric
from bench.compare.shifts import Accepted, Pairs, Shift
from bench.stats import changes
from bench.stats.rates import rate_change
from bench.storage.history import Line


def rate_shifts(task: str, metric: Metric, pairs: Pairs, accepted: Accepted) -> list[Shift]:
    """Test the rate of each arm in which there was an event on either side.

    The sides count as independent. Where seeds are shared they diverge together, so that the test is
    cautious.
    """
    shifts = []
    for arm, (base, new) in pairs.items():
        before, after = _events(metric, base), _events(metric, new)
        happened = before.size and after.size and (before.any() or after.any())
        if base.synthetic or not happened:
            continue
        null = accepted.get((task, arm, metric.name), 0.0)
        change = rate_change(before, after, null / metric.harm_scale)
        harm = [metric.harm_scale * part for part in (change.estimate, change.low, change.high)]
        change = change._replace(estimate=harm[0], low=harm[1], high=harm[2])
        means = float(before.mean()), float(after.mean())
        shifts.append(Shift(task, arm, metric, *means, change, "Boschloo", null))
    return shifts


def _events(metric: Metric, line: Line) -> changes.Array:
    return np.array([seed.value(metric.compared.field) for seed in line.seeds], dtype=float)
