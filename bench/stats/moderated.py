"""Variances of many arms, each drawn toward their common level (empirical Bayes).

Three or five trials say little about one arm's variance. All arms of a study together say more.
Source: Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3(1), article 3.

Three changes make the moderation weaker than there, because arms are few and share a reference.
The differences of two arms to one reference correlate, and so do their sample variances: K arms hold
less information than K independent ones. The spread of true variances is an upper bound of it. And no
variance falls below the arm's own: an arm that is noisier than the others keeps its noise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Array = NDArray[np.float64]
LEAST_ARMS = 3
"""Fewest arms with a variance from which a common level is estimated."""
SHARED = 0.5
"""Correlation of two arms' differences to one reference, where all are equally noisy."""
MOST_CORRELATION = 0.95
CONFIDENCE = 0.8
"""Confidence of the upper bound that serves as the spread of true variances."""


class Prior(NamedTuple):
    """The common level of the variances, and its weight."""

    variance: float
    """Level of the variances; NaN without a prior."""
    df: float
    """Degrees of freedom that the level adds to each arm's own; 0 without a prior."""
    most_df: float
    """Degrees of freedom of the level itself: no arm's variance is known better."""


NONE = Prior(math.nan, 0.0, math.inf)


def correlation(differences: Array) -> float:
    """Return the typical correlation of arms' differences to one reference.

    Args:
        differences: (arms, trials), the same trials in all rows.

    Returns:
        Mean covariance of two arms over the mean variance, at least `SHARED`.
    """
    arms, trials = differences.shape
    if arms < 2 or trials < 2:
        return SHARED
    covariance = np.cov(differences)
    level = float(np.trace(covariance)) / arms
    if not level > 0:
        return SHARED
    mean = (float(covariance.sum()) - arms * level) / (arms * (arms - 1))
    return float(np.clip(mean / level, SHARED, MOST_CORRELATION))


def prior(variances: Array, df: Array, correlated: float = SHARED) -> Prior:
    """Estimate the common level of sample variances.

    Args:
        variances: (arms,) sample variances; those that are 0 or NaN do not count.
        df: (arms,) degrees of freedom of each.
        correlated: correlation of two arms' differences.

    Returns:
        `NONE` with fewer than `LEAST_ARMS` variances.
    """
    usable = np.isfinite(variances) & (variances > 0) & (df > 0)
    arms = int(usable.sum())
    if arms < LEAST_ARMS:
        return NONE
    half = df[usable] / 2
    logs = np.log(variances[usable]) - special.digamma(half) + np.log(half)
    noise = float(special.polygamma(1, half).mean())
    squared = correlated**2  # the correlation of two sample variances
    total = float(logs.var(ddof=1))
    within = noise * (1 - squared)
    upper = (arms - 1) / float(stats.chi2.ppf(1 - CONFIDENCE, arms - 1))
    spread = max(total * upper - within, 0.0)
    added = 2 * _inverse_trigamma(spread)
    level = float(logs.mean() + special.digamma(added / 2) - np.log(added / 2))
    error = noise * (squared + (1 - squared) / (arms - 2))
    return Prior(math.exp(level), added, 2 * _inverse_trigamma(error))


def moderate(
    variances: Array, df: Array, level: Prior, outliers: bool = True
) -> tuple[Array, Array]:
    """Return the moderated variances and their degrees of freedom, both of shape (arms,).

    Args:
        variances, df: as for `prior`; NaN stays NaN.
        level: result of `prior`.
        outliers: true if an arm may be far noisier than the others. The noisier it is, the fewer
            degrees of freedom it then gains from them.
    """
    if level.df == 0:
        return variances, df
    total = level.df + df
    moderated = (level.df * level.variance + df * variances) / total
    gained = np.full(len(variances), level.df)
    if outliers:
        with np.errstate(divide="ignore"):
            gained *= np.minimum(level.variance / variances, 1.0)
    return np.maximum(moderated, variances), np.maximum(np.minimum(df + gained, level.most_df), df)


def _inverse_trigamma(value: float) -> float:
    """Return x with trigamma(x) = value, for a value between 1e-6 and 1e6."""
    value = min(max(value, 1e-6), 1e6)

    def excess(log: float) -> float:  # nearly straight in log x
        return math.log(float(special.polygamma(1, math.exp(log))) / value)

    return math.exp(optimize.brentq(excess, -8.0, 16.0))
