"""Values so far from the others that an axis with room for them would hide the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def usual(values: Array, room: float) -> Array:
    """Return the finite values that an axis through 0 should show; the others are its outliers.

    Args:
        values: in any order.
        room: what is added to four times the upper quartile of their sizes.
    """
    values = values[np.isfinite(values)]
    return values[np.abs(values) <= 4 * float(np.quantile(np.abs(values), 0.75)) + room]
