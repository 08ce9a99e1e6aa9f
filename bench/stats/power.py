"""Number of trials that decides a question, and difference that a number of trials can find.

The sd of a small study is itself uncertain, so numbers of trials come with bounds of it
(Browne 1995, Statistics in Medicine 14).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import elementwise

from bench.stats.errors import Errors
from bench.stats.laws import FixedLook

Array = NDArray[np.float64]
POWER = 0.8
SD_CONFIDENCE = 0.8
MOST_TRIALS = 100_000


def sd_upper(sd: float, n: int) -> float:
    """Return the upper one-sided 80% confidence bound of a normal sd, from the sd of n differences."""
    if n < 2:
        return math.nan
    return sd * math.sqrt((n - 1) / stats.chi2.ppf(1 - SD_CONFIDENCE, n - 1))


def sd_range(sd: Array, df: Array) -> tuple[Array, Array]:
    """Return the ends of the 80% confidence interval of normal sds with so many degrees of freedom."""
    tail = (1 - SD_CONFIDENCE) / 2
    low, high = (np.sqrt(df / stats.chi2.ppf(share, df)) for share in (1 - tail, tail))
    return sd * low, sd * high


def detectable(error: Array, df: Array, critical: Array) -> Array:
    """Return the true differences that are told from 0 with 80% power; NaN without an error.

    Args:
        error: standard errors, shape (samples,).
        df: their degrees of freedom.
        critical: half-widths of the intervals, in standard errors.
    """

    def short(shift: Array, df: Array, critical: Array) -> Array:
        return np.asarray(stats.nct.sf(critical, df, shift) - POWER)

    known = (error > 0) & np.isfinite(critical)
    found = np.full(len(error), np.nan)
    if known.any():
        df, critical = np.minimum(df[known], MOST_TRIALS), critical[known]
        ends = np.zeros_like(critical), 2 * critical + 20
        found[known] = error[known] * elementwise.find_root(short, ends, args=(df, critical)).x
    return found


def trials_for_half_width(
    sample_errors: Errors, trials: Array, half: Array, level: Array | float
) -> NDArray[np.float64]:
    """Return the number of trials with which the half-width of an interval is at most `half`.

    Args:
        sample_errors: standard errors from `trials` trials, shape (samples,).
        trials: (samples,).
        half: (samples,) required half-widths.
        level: one-sided level of the interval, a number or (samples,).

    Returns:
        NaN where no error is known; infinite where the sampling of the test examples alone is wider, or
            `MOST_TRIALS` are too few.
    """

    def enough(number: Array) -> NDArray[np.bool_]:
        variance, df = sample_errors.at(
            number, np.maximum(sample_errors.sd_df + number - trials, 1.0)
        )
        return np.asarray(FixedLook(df).critical(level) * np.sqrt(variance) <= half)

    low, high = np.ones(len(half)), np.full(len(half), float(MOST_TRIALS))
    with np.errstate(invalid="ignore"):
        never = ~enough(high)
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            short = ~enough(middle)
            low, high = np.where(short, middle, low), np.where(short, high, middle)
    finite = np.isfinite(sample_errors.sd) & np.isfinite(half)
    return np.where(finite, np.where(never, np.inf, high), np.nan)
