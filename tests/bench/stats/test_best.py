"""The candidates for the best hold the true best, whatever the largest estimate is."""

from __future__ import annotations

import numpy as np
import pytest

from bench.stats.best import beaten
from bench.stats.laws import FixedLook
from tests.bench.stats.simulators import share_tolerance

ARMS, TRIALS, STUDIES = 8, 10, 1500


def candidates(y: np.ndarray) -> np.ndarray:
    """Return the candidates, (arms,) booleans, from scores (arms, trials)."""
    lost = np.zeros(len(y), dtype=bool)
    for other in range(len(y)):
        d = y - y[other]
        error = np.maximum(d.std(axis=1, ddof=1) / np.sqrt(TRIALS), 1e-12)
        law = FixedLook(np.full(len(y), TRIALS - 1.0))
        lost |= beaten(d.mean(axis=1), error, law, len(y), 0.05)
    return ~lost


@pytest.mark.parametrize("lead", [0.0, 0.3, 1.0])
def test_the_true_best_is_among_them(lead: float) -> None:
    random = np.random.default_rng(7)
    inside, sizes = [], []
    for _ in range(STUDIES):
        y = random.normal(0, 1, (ARMS, TRIALS)) + random.normal(0, 2, TRIALS)
        y[3] += lead
        found = candidates(y)
        inside.append(found[3])
        sizes.append(found.sum())
        assert found[y.mean(axis=1).argmax()]
    assert np.mean(inside) >= 0.95 - share_tolerance(0.05, STUDIES)
    if lead == 0:
        assert np.mean(sizes) > 7


def test_a_clear_winner_stands_alone() -> None:
    y = np.random.default_rng(8).normal(0, 1, (ARMS, TRIALS))
    y[2] += 9
    assert np.flatnonzero(candidates(y)).tolist() == [2]
