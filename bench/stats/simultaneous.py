"""Simultaneous confidence intervals, from which every statement about a family is read.

Each estimate has two units: its lower and its upper bound. A lower bound states "above -margin",
"above 0", "above the margin"; above the margin there is nothing left to state. A unit that is done
passes part of its level on (as in Holm's procedure), and keeps `KEPT` of it for a bound of its own.

Why it holds, whatever the dependence. Let m of the 2K units be those whose last statement is true.
Until a first false statement at most m units are done, so each other unit has at most the level
a (2K - m q) / (2K - m) with a = alpha / 2K and q = `KEPT`. The other units' bounds fail with
probability at most a (2K - m q), those of the m units with at most m q a: together alpha. Wrong
directions are included. Compare Guilbaud 2008, Biometrical Journal 50, and Brannath and Schmidt 2014,
Biometrical Journal 56.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.stats.laws import Law

Array = NDArray[np.float64]
KEPT = 0.5
"""Share of its level that a unit keeps when its last statement is made."""


class Intervals(NamedTuple):
    """Simultaneous intervals, shape (estimates,), and adjusted p values of no difference."""

    low: Array
    high: Array
    p: Array
    """The smallest alpha at which the interval leaves out 0."""


def unit_level(alpha: float, size: int, done: int) -> float:
    """Return the one-sided level of a unit of a family of `size`, when `done` units are done."""
    units = 2 * size
    return alpha * (units - KEPT * done) / (units * (units - done))


def simultaneous(
    estimate: Array, error: Array, law: Law, margin: Array, size: int, alpha: float
) -> Intervals:
    """Make the intervals of a family.

    Args:
        estimate: (estimates,); NaN where nothing was measured: no interval, and its level stays.
        error: standard errors, of the same shape.
        law: law of the errors.
        margin: margin of practical relevance, of the same shape.
        size: members of the family, measured or not.
        alpha: largest probability that any interval misses its true value.
    """
    done, before = 0, -1
    while done > before:
        half = law.critical(unit_level(alpha, size, done)) * error
        up, down = estimate - half > margin, estimate + half < -margin
        before, done = done, int(up.sum() + down.sum())
    kept_half = law.critical(KEPT * alpha / (2 * size)) * error
    low, high = estimate - half, estimate + half
    low = np.where(up, np.maximum(margin, estimate - kept_half), low)
    high = np.where(down, np.minimum(-margin, estimate + kept_half), high)
    return Intervals(low, high, _adjusted(estimate, error, law, margin, size))


def _adjusted(estimate: Array, error: Array, law: Law, margin: Array, size: int) -> Array:
    """Return the smallest alpha at which the interval of each estimate leaves out 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = law.p((np.abs(estimate) - margin) / error)
        differs = law.p(np.abs(estimate) / error)
    finite = np.isfinite(beyond)
    # The alpha at which 1, 2, ... units are done.
    steps, reached = [0.0], 0.0
    for done, p in enumerate(np.sort(beyond[finite])):
        reached = max(reached, p / unit_level(1.0, size, done))
        steps.append(reached)
    levels = np.array([unit_level(1.0, size, done) for done in range(len(steps))])
    needed = np.maximum(np.array(steps), differs[:, None] / levels).min(axis=1)
    return np.where(np.isfinite(differs), np.minimum(needed, 1.0), np.nan)
