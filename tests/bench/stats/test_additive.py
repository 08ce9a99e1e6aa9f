"""Values of combinations, where parts, pairs, seeds and noise are drawn from the model itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bench.stats.additive import Spreads, centered, values

PARTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]], dtype=bool)
"""The last combination is never tried."""
TRIED, SEEDS, NOISE = 5, 6, 2.0
SPREADS = Spreads(effect=1.5, pair=0.5)


def drawn(random: np.random.Generator) -> np.ndarray:
    """Draw the true value of each combination."""
    effects = random.normal(0, NOISE * SPREADS.effect, 3)
    terms = dict.fromkeys(combinations(range(3), 2), 0.0)
    terms = {pair: random.normal(0, NOISE * SPREADS.effect * SPREADS.pair) for pair in terms}
    return np.array(
        [
            effects[row].sum() + sum(term for pair, term in terms.items() if row[list(pair)].all())
            for row in PARTS
        ]
    )


def test_noise_and_uncertainty_are_those_of_the_model() -> None:
    """Levels of seeds count nothing, and cost a degree of freedom each."""
    random = np.random.default_rng(1)
    rows, seeds = np.tile(np.arange(TRIED), SEEDS), np.repeat(np.arange(SEEDS), TRIED)
    variances, squares, expected = [], [], []
    for _ in range(1500):
        true = drawn(random)
        levels = random.normal(0, 50, SEEDS)
        scores = true[rows] + levels[seeds] + random.normal(0, NOISE, len(rows))
        found = values(PARTS, centered(len(PARTS), rows, seeds, scores), SPREADS)
        variances.append(found.noise**2)
        for one, other in ((1, 0), (4, 1), (5, 4)):
            mean, sd = found.difference(one, other)
            squares.append((mean - (true[one] - true[other])) ** 2)
            expected.append(sd**2)
    assert np.mean(variances) == pytest.approx(NOISE**2, rel=0.03)
    assert np.mean(squares) == pytest.approx(np.mean(expected), rel=0.06)


def test_a_seed_with_one_trial_says_nothing() -> None:
    rows, seeds = np.array([0, 1, 0, 1, 1]), np.array([0, 0, 1, 1, 2])
    scores = np.array([1.0, 3.0, 2.0, 3.5, 99.0])
    whole = centered(2, rows, seeds, scores)
    without = centered(2, rows[:4], seeds[:4], scores[:4])
    for mine, theirs in zip(whole, without, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-9)
