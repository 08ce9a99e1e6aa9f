"""Adjustment of p values for many comparisons.

Sources: Holm 1979 (family-wise error, step-down); Benjamini and Hochberg 1995 (false discovery rate).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

Array = NDArray[np.float64]


def holm(p: Array, size: int) -> Array:
    """Adjust p values over families of `size`, whose members without a p count as p = 1.

    Args:
        p: (..., members), each row a family of its own; NaN stays NaN.
        size: members of a family, measured or not; at least the number of finite p values.
    """
    if not p.size:
        return np.full(p.shape, np.nan)

    def adjust(family: Array) -> Array:
        known = np.isfinite(family)
        whole = np.append(family[known], np.ones(max(size - int(known.sum()), 0)))
        adjusted = np.full(len(family), np.nan)
        if known.any():
            adjusted[known] = multipletests(whole, method="holm")[1][: known.sum()]
        return adjusted

    return np.apply_along_axis(adjust, -1, p)


def benjamini_hochberg(p: Array) -> Array:
    """Adjust p values of shape (comparisons,) for false discoveries; NaN stays NaN, uncounted."""
    known = np.isfinite(p)
    result = np.full(len(p), np.nan)
    if known.any():
        result[known] = multipletests(p[known], method="fdr_bh")[1]
    return result
