"""Random splits of one arm's seeds into two: how often does nothing look like something?"""

from __future__ import annotations

import numpy as np

from bench.core.errors import UsageError
from bench.stats.paired import t_test

SPLITS = 200
LIMIT = 0.09
"""Share of 200 splits that may reach p < .05: 5% plus two to three Monte Carlo errors."""


def false_positive_share(
    accuracy: np.ndarray, splits: int = SPLITS, alpha: float = 0.05, seed: int = 0
) -> float:
    """Share of random splits into two equal arms, paired at random, with an unadjusted p < alpha.

    Args:
        accuracy: (seeds,) one figure per baseline seed; of an odd number one sits out at random.
        splits: how many.
        alpha: level of the paired t test.
        seed: of the splits.

    Raises:
        UsageError: fewer than 4 seeds.
    """
    pairs = len(accuracy) // 2
    if pairs < 2:
        raise UsageError(f"{len(accuracy)} seeds cannot be split into two arms; train 4 or more")
    tiled = np.tile(np.asarray(accuracy, dtype=float), (splits, 1))
    shuffled = np.random.default_rng(seed).permuted(tiled, axis=1)
    p = t_test(shuffled[:, :pairs], shuffled[:, pairs : 2 * pairs])
    return float(np.mean(p < alpha))
