"""Adjustment of p values for many comparisons.

Sources: Holm 1979 (family-wise error, step-down); Benjamini and Hochberg 1995 (false discovery rate).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


def holm(p: Array, size: int) -> Array:
    """Adjust p values over families of `size`, whose members without a p count as p = 1.

    All families are adjusted at once; statsmodels takes a minute for the thousands of a simulation.

    Args:
        p: (..., members), each row a family of its own; NaN stays NaN.
        size: members of a family, measured or not; at least the number of finite p values.
    """
    order = np.argsort(p, axis=-1)  # NaN last
    factors = np.maximum(size - np.arange(p.shape[-1]), 1)
    ordered = np.minimum(np.take_along_axis(p, order, axis=-1) * factors, 1.0)
    ordered = np.maximum.accumulate(ordered, axis=-1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, ordered, axis=-1)
    return adjusted


def benjamini_hochberg(p: Array) -> Array:
    """Adjust p values of shape (comparisons,) for false discoveries; NaN stays NaN, uncounted."""
    finite = np.isfinite(p)
    result = np.full(len(p), np.nan)
    if finite.any():
        result[finite] = stats.false_discovery_control(p[finite])
    return result
