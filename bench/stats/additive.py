"""Values of combinations of parts, estimated from paired trials of some of them (empirical Bayes).

The value of a combination is the sum of the effects of its parts and of a term for each pair of parts:
v(S) = sum e_i + sum I_ij, with e ~ N(0, a^2) and I ~ N(0, b^2). A trial measures v(S), plus the effect
of its seed, plus noise. So an untried combination has an estimate too, with a large standard deviation.
The effect of a seed is free: only differences at the same seed count. The spreads a and b are those
that make the measurements most probable, and count as known: with two trials of each part, standard
deviations are a quarter too small. Source: Rasmussen and Williams 2006, Gaussian Processes for Machine
Learning, chapters 2 and 5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EFFECTS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Grid of spreads of the effects, as multiples of the noise."""
PAIRS = (0.05, 0.15, 0.3, 0.6, 1.0)
"""Grid of spreads of the terms of pairs, as multiples of the spread of the effects."""
TYPICAL_EFFECT, TYPICAL_PAIR, WIDTH = 0.8, 0.3, 1.0
"""Centers and width (of the log) of the prior of both spreads, for the case of few trials."""


class Values(NamedTuple):
    """Estimated values of combinations, relative to the empty one."""

    mean: Array
    """(combinations,)."""
    covariance: Array
    """(combinations, combinations)."""
    noise: float
    """Standard deviation of a trial."""

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """Return the estimated difference of two values, and its standard deviation."""
        c = self.covariance
        variance = c[first, first] + c[second, second] - 2 * c[first, second]
        return float(self.mean[first] - self.mean[second]), float(np.sqrt(max(variance, 0.0)))


class Spreads(NamedTuple):
    """Spreads of the terms of a value."""

    effect: float
    """Spread of the effects of parts, as a multiple of the noise."""
    pair: float
    """Spread of the terms of pairs, as a multiple of `effect`."""


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
    """Return the spreads that make the trials most probable."""
    shared, pairs = _kernels(parts)

    def probability(guess: Spreads) -> float:
        kernel = guess.effect**2 * (shared + guess.pair**2 * pairs)
        inner = np.eye(len(parts)) + trials.precision @ kernel
        fitted = kernel @ np.linalg.solve(inner, trials.pull)
        rest = max(trials.square - float(trials.pull @ fitted), 1e-12)
        log = -0.5 * (trials.contrasts * np.log(rest) + np.linalg.slogdet(inner)[1])
        log -= 0.5 * (np.log(guess.effect / TYPICAL_EFFECT) / WIDTH) ** 2
        return float(log - 0.5 * (np.log(guess.pair / TYPICAL_PAIR) / WIDTH) ** 2)

    best = max((Spreads(effect, TYPICAL_PAIR) for effect in EFFECTS), key=probability)
    if not pairs.any():
        return best
    return max((Spreads(best.effect, pair) for pair in PAIRS), key=probability)


def values(parts: NDArray[np.bool_], trials: Trials, assumed: Spreads) -> Values:
    """Estimate the value of each combination.

    Args:
        parts: (combinations, parts) true where a combination, tried or not, has a part.
        trials: result of `centered` for the same combinations.
        assumed: result of `spreads`.
    """
    shared, pairs = _kernels(parts)
    kernel = assumed.effect**2 * (shared + assumed.pair**2 * pairs)
    inverse = np.linalg.inv(np.eye(len(parts)) + trials.precision @ kernel)
    mean = kernel @ (inverse @ trials.pull)
    rest = max(trials.square - float(trials.pull @ mean), 1e-12)
    variance = rest / max(trials.contrasts, 1)
    return Values(mean, variance * (kernel @ inverse), float(np.sqrt(variance)))


def _kernels(parts: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Count the parts, and the pairs of parts, that two combinations share."""
    shared = parts.astype(float) @ parts.T.astype(float)
    return shared, shared * (shared - 1) / 2


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
