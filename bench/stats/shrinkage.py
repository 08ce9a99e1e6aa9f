"""Effects of many arms, drawn toward their mean, the uncertain ones the most (empirical Bayes).

The largest of many estimates is too large. Source: Morris 1983, Journal of the American Statistical
Association 78; the spread of true effects by Paule and Mandel 1982.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Array = NDArray[np.float64]
LEAST = 4
"""Number of effects below which none is shrunk."""


def shrunk(effect: Array, error: Array) -> Array:
    """Return effects drawn toward their weighted mean, shape (effects,).

    Args:
        effect: estimates; NaN stays NaN.
        error: their standard errors; effects without a positive one do not count and stay NaN.

    Returns:
        All NaN with fewer than `LEAST` effects.
    """
    usable = np.isfinite(effect) & np.isfinite(error) & (error > 0)
    result = np.full(len(effect), np.nan)
    count = int(usable.sum())
    if count < LEAST:
        return result
    x, v = effect[usable], error[usable] ** 2
    spread = true_variance(x, v)
    mean = _mean(x, v, spread)
    # Morris's factor: the spread is estimated from few effects.
    toward = (count - 3) / (count - 1) * v / (v + spread)
    result[usable] = toward * mean + (1 - toward) * x
    return result


def true_variance(effect: Array, variance: Array) -> float:
    """Estimate the variance of the true effects, 0 or more.

    Args:
        effect, variance: (effects,) estimates and their sampling variances.
    """

    def excess(spread: float) -> float:
        weighted = (effect - _mean(effect, variance, spread)) ** 2 / (variance + spread)
        return float(weighted.sum()) - (len(effect) - 1)

    if excess(0.0) <= 0:
        return 0.0
    most = float(np.var(effect) * len(effect)) + float(variance.max())
    return float(optimize.brentq(excess, 0.0, most))


def _mean(effect: Array, variance: Array, spread: float) -> float:
    return float(np.average(effect, weights=1 / (variance + spread)))
