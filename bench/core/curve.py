"""The validation curve of a trial as one number."""

from __future__ import annotations

import numpy as np
from scipy import integrate


def area(examples: np.ndarray, accuracy: np.ndarray, end: float, chance: float) -> float:
    """Return the mean height of a validation curve over 0 to `end` examples (trapezoids), a fraction.

    It starts at chance unless it was evaluated at 0. A curve that ends early is held at its last
    value, a longer one is cut.
    """
    x, y = np.append(0.0, examples), np.append(chance, accuracy)
    if examples.size and examples[0] == 0:
        x, y = x[1:], y[1:]
    inside = x < end
    x, y = np.append(x[inside], end), np.append(y[inside], np.interp(end, x, y))
    return float(integrate.trapezoid(y, x) / end)
