"""Statistics of a shift between two studies: common to all arms, or one arm's own.

Arrays are of shape (..., arms, units) where a unit is a seed or a fresh process, NaN where an arm
lacks one, the baseline first; larger is worse throughout (`harm`). Every function works on many
studies at once (the leading axes).
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.stats.multiple import holm
from bench.stats.power import sd_upper

Array = NDArray[np.float64]
ALPHA = 0.01
"""Level of the Holm-adjusted one-sided p, over everything that a comparison tests."""
SAME_ALPHA = 0.05
"""Level of the two one-sided tests of a change below the minimum."""
POWER = 0.95
FEW = 6
"""Number of arms (baseline included) below which the baseline's shift replaces the median, which one
shifted arm would move."""
FAR = 6.0
"""Standard errors from the common shift at which an arm has clearly left it."""
MOST_UNITS = 1024
DRAWS = 20_000


class Change(NamedTuple):
    """A change of mean, new - base, per leading index; `low` to `high` is its 90% interval."""

    estimate: Array
    low: Array
    high: Array
    p_worse: Array
    """One-sided, of no change (or of `null`) against a larger mean."""
    p_better: Array
    base_units: NDArray[np.int_]
    units: NDArray[np.int_]
    sd: Array
    """Sd of one unit, pooled over both sides; that of a pair's difference / sqrt(2) if paired."""


def centered(base: Array, new: Array) -> tuple[Array, Array]:
    """Subtract each arm's mean level in `base` from both sides, which leaves only changes."""
    level = _mean(base)[..., None]
    return base - level, new - level


def common(changes: Array) -> Array:
    """Return the median change over arms, or the baseline's where arms are few, (..., units).

    A shift of one arm does not move it, however large; a shift of all arms does.
    """
    if changes.shape[-2] < FEW:
        return changes[..., 0, :]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return np.asarray(np.nanmedian(changes, axis=-2))


def left_alone(level: Change, beside: Change) -> bool:
    """Return true if the baseline changed and another arm did not change with it.

    The other arm clearly differs from the baseline, and its own level moved less than half as far, or
    the other way.

    Args:
        level: of each arm's level, (arms,), the baseline first.
        beside: of each arm beside the baseline, (arms,).
    """
    clear = [2 * np.minimum(part.p_worse, part.p_better) < ALPHA for part in (level, beside)]
    along = level.estimate * np.sign(level.estimate[0])
    return bool(clear[0][0] and (clear[1] & (along < along[0] / 2))[1:].any())


class Decomposition(NamedTuple):
    """Two studies' changes, taken apart."""

    common: tuple[Array, Array]
    """Common part of all arms, of base and new, shape (..., units)."""
    own: tuple[Array, Array]
    """(..., arms, units): remainder of each arm."""


def parts(base: Array, new: Array) -> Decomposition:
    """Split changes into a part that all arms share and a part of each arm's own.

    The common shift is the median over arms of their mean shifts. A median unit by unit would be
    drawn toward one shifted arm by a share of a unit's noise, however many units there are; so it
    serves for the noise only.
    """
    base, new = centered(base, new)
    first = _parts(base, new, base, new)
    far = np.abs(_mean(first.own[1]) - _mean(first.own[0])) > FAR * _error(*first.own)
    if base.shape[-2] < FEW or not far.any():
        return first
    # A second look without the arms that clearly shifted: their rank draws the median as well.
    hidden = [np.where(far[..., None], np.nan, side) for side in (base, new)]
    return _parts(base, new, hidden[0], hidden[1])


def _parts(base: Array, new: Array, shown_base: Array, shown_new: Array) -> Decomposition:
    """Split centered sides as `parts` does, with the common part from the marked arms."""
    ours, theirs = common(shown_base), common(shown_new)
    unit_by_unit = _mean(theirs) - _mean(ours)
    level = common((_mean(shown_new) - _mean(shown_base))[..., None])[..., 0]
    theirs = theirs + (level - unit_by_unit)[..., None]
    remainder = (base - ours[..., None, :], new - theirs[..., None, :])
    return Decomposition((ours, theirs), remainder)


def _error(base: Array, new: Array) -> Array:
    """Return the standard error of the difference of means over the last axis."""
    counts = [np.maximum(np.isfinite(side).sum(axis=-1), 1) for side in (base, new)]
    return np.asarray(np.sqrt(_variance(base) / counts[0] + _variance(new) / counts[1]))


def welch(base: Array, new: Array, floor: float, null: Array | float = 0.0) -> Change:
    """Apply Welch's test over the last axis.

    Args:
        floor: smallest sd that is believed; a smaller one is replaced by it.
        null: the shift to test against.
    """
    counts = [np.isfinite(side).sum(axis=-1) for side in (base, new)]
    variances = [np.maximum(_variance(side), floor**2) for side in (base, new)]
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = [v / n for v, n in zip(variances, counts, strict=True)]
        total = errors[0] + errors[1]
        df = total**2 / sum(e**2 / (n - 1) for e, n in zip(errors, counts, strict=True))
    usable = (counts[0] > 1) & (counts[1] > 1)
    sd = np.sqrt((variances[0] + variances[1]) / 2)
    return _shift(_mean(new) - _mean(base), np.sqrt(total), df, usable, null, counts, sd)


def paired(base: Array, new: Array, floor: float, null: Array | float = 0.0) -> Change:
    """Apply the paired t test over the last axis, where both sides have the same units."""
    d = new - base
    n = np.isfinite(d).sum(axis=-1)
    sd = np.sqrt(np.maximum(_variance(d), floor**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = sd / np.sqrt(n)
    return _shift(_mean(d), error, n - 1.0, n > 1, null, [n, n], sd / np.sqrt(2))


def _shift(
    estimate: Array,
    error: Array,
    df: Array,
    usable: NDArray[np.bool_],
    null: Array | float,
    counts: list[NDArray[np.int_]],
    sd: Array,
) -> Change:
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (estimate - null) / error
        half = stats.t.isf(SAME_ALPHA, df) * error
    statistics = (estimate - half, estimate + half, stats.t.sf(t, df), stats.t.cdf(t, df))
    low, high, worse, better = (np.where(usable, part, np.nan) for part in statistics)
    return Change(estimate, low, high, worse, better, counts[0], counts[1], sd)


def judged(
    shift: Change, minimum: Array | float, size: int, null: Array | float = 0.0
) -> tuple[NDArray[np.str_], Array]:
    """Return the verdict and the Holm-adjusted p of members of families, shape (..., members).

    Regressed (improved): the estimate lies beyond `minimum` and its adjusted one-sided p is below
    `ALPHA`. Unchanged: the 90% interval lies within the minimum. Else inconclusive.

    Args:
        size: size of each family.
        null: an accepted shift, from which the change is measured.
    """
    worse, better = holm(shift.p_worse, size), holm(shift.p_better, size)
    estimate, low, high = (part - null for part in shift[:3])
    word = np.select(
        [
            (estimate > minimum) & (worse < ALPHA),
            (estimate < -np.asarray(minimum)) & (better < ALPHA),
            (low > -np.asarray(minimum)) & (high < minimum),
        ],
        ["regressed", "improved", "unchanged"],
        "inconclusive",
    )
    return word, np.where(estimate >= 0, worse, better)


def power(n: int, sd: float, shift: float, minimum: float, size: int) -> float:
    """Return the share of comparisons of n units a side that call a true shift a regression.

    It is simulated (seeded), because Welch's degrees of freedom vary too much with few units for a
    formula.
    """
    random = np.random.default_rng(0)
    estimate = shift + sd * np.sqrt(2 / n) * random.standard_normal(DRAWS)
    errors = sd**2 * random.chisquare(n - 1, (2, DRAWS)) / (n - 1) / n
    total = errors.sum(axis=0)
    p = stats.t.sf(estimate / np.sqrt(total), (n - 1) * total**2 / (errors**2).sum(axis=0))
    return float(((estimate > minimum) & (p < ALPHA / size)).mean())


def units_needed(sd: float, shift: float, minimum: float, size: int) -> int:
    """Return the units a side with which a true shift is called a regression with 95% power.

    Args:
        sd: standard deviation of one unit of an arm's own value.
        shift, minimum: in the unit of `sd`; a shift at the minimum is never found reliably.
        size: size of the family over which Holm adjusts (the most demanding threshold counts).
    """
    low, high = 1, 2
    while high < MOST_UNITS and power(high, sd, shift, minimum, size) < POWER:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = power(middle, sd, shift, minimum, size) >= POWER
        low, high = (low, middle) if enough else (middle, high)
    return min(high, MOST_UNITS)


def planning_sd(shift: Change, arms: slice) -> float:
    """Return one sd for the arms of a task, (arms,), at the upper end of its uncertainty (80%).

    NaN where no arm has two units a side.
    """
    sd = shift.sd[arms]
    finite = np.isfinite(sd)
    if not finite.any():
        return float("nan")
    df = int((shift.base_units + shift.units)[arms][finite].sum() - 2 * finite.sum())
    return sd_upper(float(np.sqrt(np.mean(sd[finite] ** 2))), df + 1)


def _mean(values: Array) -> Array:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=-1))


def _variance(values: Array) -> Array:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Degrees of freedom", RuntimeWarning)
        return np.asarray(np.nanvar(values, axis=-1, ddof=1))
