"""The candidates for the best of many: multiple comparisons with the best.

Source: Hsu 1984, Annals of Statistics 12. The true best is among the candidates with probability
1 - alpha: each other one could push it out by a false "better", so each gets alpha / (arms - 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.stats.laws import Law

Array = NDArray[np.float64]


def beaten(difference: Array, error: Array, law: Law, arms: int, alpha: float) -> NDArray[np.bool_]:
    """Tell which arms are shown to be worse than another one.

    Args:
        difference: (pairs,) an arm's mean less the other's, paired by trial.
        error: (pairs,) standard errors.
        law: of the errors.
        arms: number of arms among which the best is sought.
        alpha: probability that the best is beaten.

    Returns:
        (pairs,) True where the arm lies below the other one.
    """
    return np.asarray(difference + law.critical(alpha / max(arms - 1, 1)) * error < 0)
