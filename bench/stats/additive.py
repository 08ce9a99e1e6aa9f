"""Values of combinations of parts, estimated from paired trials of some of them (empirical Bayes).

The value of a combination is the sum of the effects of its parts and of a term for each pair of parts:
v(S) = sum e_i + sum I_ij, with e ~ N(0, a^2) and I ~ N(0, b^2). A trial measures v(S), plus the effect
of its seed, plus noise. So an untried combination has an estimate too, with a large standard deviation.
The effect of a seed is free: only differences at the same seed count.

The spreads a and b and the noise are unknown. Estimates are averages over a grid of spreads, weighted by
the probability that the measurements give them, and the noise makes their law Student's t. (The most
probable spreads alone make standard deviations a quarter too small with two trials of each part.) So
1.96 standard deviations cover 95% in worlds whose spreads are drawn from the prior. In worlds that all
have the typical spreads they cover 91 to 94%. Sources: Rasmussen and Williams 2006, Gaussian Processes
for Machine Learning, chapters 2 and 5; Gelman et al. 2013, Bayesian Data Analysis, chapter 5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
EFFECTS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Grid of spreads of the effects, as multiples of the noise."""
PAIRS = (0.05, 0.15, 0.3, 0.6, 1.0)
"""Grid of spreads of the terms of pairs, as multiples of the spread of the effects."""
TYPICAL_EFFECT, TYPICAL_PAIR, WIDTH = 0.8, 0.3, 1.0
"""Centers and width (of the log) of the prior of both spreads, for the case of few trials."""
IMPROBABLE = 0.01
"""Probability, as a share of the largest, under which spreads do not count."""
TAIL = 0.025
"""Share of errors on each side at which the law of an estimate is that of a normal one."""


class Values(NamedTuple):
    """Estimated values of combinations, relative to the empty one."""

    mean: Array
    """(combinations,)."""
    covariance: Array
    """(combinations, combinations). A 95% interval is 1.96 standard deviations to each side."""

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """Return the estimated difference of two values, and its standard deviation."""
        c = self.covariance
        variance = c[first, first] + c[second, second] - 2 * c[first, second]
        return float(self.mean[first] - self.mean[second]), float(np.sqrt(max(variance, 0.0)))


class Spreads(NamedTuple):
    """Possible spreads of the terms of a value, each of shape (possibilities,)."""

    effect: Array
    """Spread of the effects of parts, as a multiple of the noise."""
    pair: Array
    """Spread of the terms of pairs, as a multiple of `effect`."""
    probability: Array
    """They add up to 1."""


class Trials(NamedTuple):
    """Trials without the effects of their seeds, reduced to the statistics of an estimate."""

    precision: Array
    """(combinations, combinations) precision of the values at noise 1."""
    pull: Array
    """(combinations,) sums of centered scores."""
    square: float
    """Sum of squares of the centered scores."""
    contrasts: int
    """Independent differences."""


def spreads(parts: NDArray[np.bool_], trials: Trials) -> Spreads:
    """Return the possible spreads, with the probabilities that the trials give them.

    The prior of the noise is flat on the log, so it is integrated out in closed form.
    """
    # Trials without a pair say nothing of the spread of pairs: then it is the typical one.
    of_pairs = PAIRS if (parts.sum(axis=1) > 1).any() else (TYPICAL_PAIR,)
    effect, pair = np.array([(effect, pair) for effect in EFFECTS for pair in of_pairs]).T
    kernels = _kernels(parts, effect, pair)
    inner = np.eye(len(parts)) + kernels @ trials.precision
    solved = np.linalg.solve(inner, kernels @ trials.pull[:, None])
    fitted = np.asarray(solved[..., 0], dtype=np.float64)
    logs = -0.5 * (trials.contrasts * np.log(_rest(trials, fitted)) + np.linalg.slogdet(inner)[1])
    logs -= 0.5 * (np.log(effect / TYPICAL_EFFECT) / WIDTH) ** 2
    logs -= 0.5 * (np.log(pair / TYPICAL_PAIR) / WIDTH) ** 2
    weights = np.exp(logs - logs.max())
    counted = weights > IMPROBABLE
    return Spreads(effect[counted], pair[counted], weights[counted] / weights[counted].sum())


def values(parts: NDArray[np.bool_], trials: Trials, possible: Spreads) -> Values:
    """Estimate the value of each combination.

    Args:
        parts: (combinations, parts) true where a combination, tried or not, has a part.
        trials: result of `centered` for the same combinations.
        possible: result of `spreads`.
    """
    kernels = _kernels(parts, possible.effect, possible.pair)
    relative = np.linalg.solve(np.eye(len(parts)) + kernels @ trials.precision, kernels)
    fitted = relative @ trials.pull
    df = max(trials.contrasts, 1)
    heavy_tails = (stats.t.isf(TAIL, df) / stats.norm.isf(TAIL)) ** 2
    variance = heavy_tails * _rest(trials, fitted) / df
    mean = possible.probability @ fitted
    apart = fitted - mean
    covariance = np.tensordot(possible.probability * variance, relative, 1)
    return Values(mean, covariance + (possible.probability * apart.T) @ apart)


def _kernels(parts: NDArray[np.bool_], effect: Array, pair: Array) -> Array:
    """Return prior covariances at noise 1, shape (possibilities, combinations, combinations).

    Two combinations share parts, and pairs of parts.
    """
    shared = parts.astype(float) @ parts.T.astype(float)
    pairs = shared * (shared - 1) / 2
    return np.asarray(effect[:, None, None] ** 2 * (shared + pair[:, None, None] ** 2 * pairs))


def _rest(trials: Trials, fitted: Array) -> Array:
    """Return the squares that fitted values leave, and those of the fit itself, (possibilities,)."""
    return np.maximum(trials.square - fitted @ trials.pull, 1e-12)


def centered(count: int, rows: NDArray[np.intp], seeds: Array, scores: Array) -> Trials:
    """Remove the effects of the seeds from trials.

    Args:
        count: number of combinations.
        rows: (trials,) the combination of each trial.
        seeds: (trials,) its seed.
        scores: (trials,) its result; higher is better.
    """
    _, seed = np.unique(seeds, return_inverse=True)
    size = np.bincount(seed)
    rest = scores - (np.bincount(seed, scores) / size)[seed]
    chosen = np.zeros((len(scores), count))
    chosen[np.arange(len(scores)), rows] = 1.0
    sums = np.zeros((len(size), count))
    np.add.at(sums, (seed, rows), 1.0)
    precision = np.diag(chosen.sum(axis=0)) - sums.T @ (sums / size[:, None])
    return Trials(precision, chosen.T @ rest, float(rest @ rest), len(scores) - len(size))
