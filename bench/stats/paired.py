"""Statistics of paired samples, many comparisons at once.

Arrays are of shape (comparisons, trials); each result is of shape (comparisons,). The unit is the
trial: d = arm - reference. Sources: Hedges 1981 (bias correction of a standardized mean difference);
Fisher 1935 (sign flips).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

EXACT_SEEDS = 12
FLIPS = 10_000
TAIL = 0.025
"""Share of the errors that lie beyond each end of an interval."""
EXTRA = ("sign_flip_p", "d_z", "welch_p", "seed_correlation")
ROWS = 250
"""Comparisons in one call of the sign-flip test, whose null distributions it holds in memory."""
Array = NDArray[np.float64]


def paired(arm: Array, reference: Array) -> pd.DataFrame:
    """Compute all paired statistics of each row.

    Args:
        arm: (comparisons, seeds), one unit throughout a row.
        reference: of the same shape, the same seeds.

    Returns:
        A row per comparison: the columns of `interval`, sign_flip_p, d_z (Hedges' corrected),
        welch_p, seed_correlation. NaN where the number of seeds allows no answer. Where all
        differences are equal, t has no variance to work with and p is the sign-flip test's.
    """
    n, simple = arm.shape[1], interval(arm, reference)
    if n < 2:
        return simple.assign(**dict.fromkeys(EXTRA, np.nan))
    flips, sd = sign_flip(arm - reference), simple["sd"]
    return simple.assign(
        p=simple["p"].where(sd > 0, flips),
        sign_flip_p=flips,
        d_z=simple["effect"] / sd.where(sd > 0) * hedges_correction(n - 1),
        welch_p=welch(arm, reference),
        seed_correlation=correlation(arm, reference),
    )


def interval(arm: Array, reference: Array) -> pd.DataFrame:
    """Compute effect (mean difference), sd, low, high and p of the paired t test, a row per comparison.

    Arguments as for `paired`. `low` to `high` is the 95% interval. p is NaN where all differences are
    equal; for one seed all but effect is.
    """
    d, df = arm - reference, max(1, arm.shape[1] - 1)
    effect = d.mean(axis=1)
    sd = spread(d, np.maximum(np.abs(arm), np.abs(reference)).max(axis=1))
    error = sd / np.sqrt(arm.shape[1])
    half = stats.t.isf(TAIL, df) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(sd > 0, 2 * stats.t.sf(np.abs(effect) / error, df), np.nan)
    ends = {"low": effect - half, "high": effect + half}
    return pd.DataFrame({"effect": effect, "sd": sd, **ends, "p": p})


def t_interval(values: Array) -> tuple[float, float, float]:
    """Return the mean of values, shape (trials,), and its 95% t interval; NaN below two values."""
    mean, n = float(values.mean()) if len(values) else np.nan, len(values)
    if n < 2:
        return mean, np.nan, np.nan
    half = float(stats.t.isf(TAIL, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half


def batched(
    test: Callable[[Array, Array], pd.DataFrame], samples: Sequence[tuple[Array, Array]]
) -> pd.DataFrame:
    """Apply `paired` or `interval` to samples that have different numbers of trials.

    Args:
        test: computes all samples of equally many seeds in one call.
        samples: two arrays of shape (seeds,) each; of an empty one all figures are NaN.

    Returns:
        A row per sample, in order.
    """
    counts = np.array([len(arm) for arm, _ in samples], dtype=int)
    none = np.zeros((0, 1))
    frames = [test(none, none)]
    for n in np.unique(counts[counts > 0]):
        where = np.flatnonzero(counts == n).tolist()
        arm, reference = (np.stack([samples[i][side] for i in where]) for side in (0, 1))
        frames.append(test(arm, reference).set_axis(where))
    return pd.concat(frames[1:] or frames).reindex(range(len(samples)))


def spread(values: Array, scale: Array | float = 0.0) -> Array:
    """Return the sd (ddof 1) of each row of (comparisons, trials), NaN for one trial.

    Rounding noise counts as 0: an sd under 1e-12 of the row's largest value or of `scale`, the size
    of the numbers that the values are differences of.
    """
    if values.shape[1] < 2:
        return np.full(len(values), np.nan)
    sd = np.std(values, axis=1, ddof=1)
    size = np.maximum(np.abs(values).max(axis=1), scale)
    return np.where(sd <= 1e-12 * size, 0.0, sd)


def sign_flip(d: Array) -> Array:
    """Return the two-sided p of the sign-flip test of mean 0, per row of d (comparisons, trials).

    Exact to 12 seeds, 10,000 seeded flips beyond (the exact test over 24 takes gigabytes).
    """
    parts = [_sign_flip(d[start : start + ROWS]) for start in range(0, len(d), ROWS)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _sign_flip(d: Array) -> Array:
    exact = d.shape[1] <= EXACT_SEEDS
    result = stats.permutation_test(
        (np.round(d, 9),),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        axis=1,
        n_resamples=np.inf if exact else FLIPS,
        batch=max(1, 1_000_000 // d.size),
        random_state=np.random.default_rng(0),
    )
    return np.asarray(result.pvalue, dtype=float).reshape(len(d))


def hedges_correction(df: int) -> float:
    """Return Hedges' exact factor J(df), which unbiases a standardized mean difference."""
    if df < 2:
        return float("nan")
    return float(np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2))


def welch(arm: Array, reference: Array) -> Array:
    """Return the two-sided p of Welch's test, as if trials were not paired; NaN without variance."""
    mean, n = (arm.mean(axis=1), reference.mean(axis=1)), arm.shape[1]
    sd = (spread(arm), spread(reference))
    usable = sd[0] + sd[1] > 0
    p = np.full(len(arm), np.nan)
    p[usable] = stats.ttest_ind_from_stats(
        mean[0][usable], sd[0][usable], n, mean[1][usable], sd[1][usable], n, equal_var=False
    ).pvalue
    return p


def correlation(arm: Array, reference: Array) -> Array:
    """Return the correlation of an arm's and its reference's trials; NaN without variance."""
    n, scale = arm.shape[1], spread(arm) * spread(reference)
    a = arm - arm.mean(axis=1, keepdims=True)
    r = reference - reference.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(scale > 0, (a * r).sum(axis=1) / ((n - 1) * scale), np.nan)
