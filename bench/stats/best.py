"""The candidates for the best of many: multiple comparisons with the best.

Source: Hsu 1984, Annals of Statistics 12. The true best is among the candidates with probability 1 -
alpha. Each other arm could remove it by a false "better", so each comparison gets alpha / (arms - 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.stats.laws import Law

Array = NDArray[np.float64]


def beaten(difference: Array, error: Array, law: Law, arms: int, alpha: float) -> NDArray[np.bool_]:
    """Mark the pairs in which an arm is shown to be worse than the other one.

    Args:
        difference: (pairs,) an arm's mean less the other's, paired by trial.
        error: (pairs,) standard errors; 0 (all differences are equal) shows nothing.
        law: law of the errors.
        arms: number of arms that compete to be the best.
        alpha: largest probability that the best is beaten.

    Returns:
        (pairs,) True where the arm lies below the other one.
    """
    half = law.critical(alpha / max(arms - 1, 1)) * error
    return np.asarray((error > 0) & (difference + half < 0))
