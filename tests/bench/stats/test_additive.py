"""Values of combinations, where parts, pairs, seeds and noise are drawn from the model itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from bench.stats.additive import (
    TYPICAL_EFFECT,
    TYPICAL_PAIR,
    WIDTH,
    Spreads,
    Trials,
    centered,
    spreads,
    values,
)

PARTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]], dtype=bool)
"""The last combination is never tried."""
TRIED, NOISE = 5, 2.0
EFFECT, PAIR = 1.5, 0.5
SPREADS = Spreads(np.array([EFFECT]), np.array([PAIR]), np.ones(1))
WORLDS = 600


def drawn(random: np.random.Generator, effect: float = EFFECT, pair: float = PAIR) -> np.ndarray:
    """Draw the true value of each combination from spreads in multiples of the noise."""
    effects = random.normal(0, NOISE * effect, 3)
    terms = {two: random.normal(0, NOISE * effect * pair) for two in combinations(range(3), 2)}
    return np.array(
        [
            effects[row].sum() + sum(term for two, term in terms.items() if row[list(two)].all())
            for row in PARTS
        ]
    )


def tried(random: np.random.Generator, true: np.ndarray, seeds: int, count: int) -> Trials:
    """Train each combination that is tried at some seeds, whose levels differ a lot."""
    rows, seed = np.tile(np.arange(TRIED), seeds), np.repeat(np.arange(seeds), TRIED)
    noise = random.normal(0, NOISE, len(rows))
    return centered(count, rows, seed, true[rows] + random.normal(0, 50, seeds)[seed] + noise)


def test_noise_and_uncertainty_are_those_of_the_model() -> None:
    """Levels of seeds count nothing, and cost a degree of freedom each."""
    random, seeds = np.random.default_rng(1), 6
    squares, expected = [], []
    for _ in range(1500):
        true = drawn(random)
        found = values(PARTS, tried(random, true, seeds, len(PARTS)), SPREADS)
        for one, other in ((1, 0), (4, 1), (5, 4)):
            mean, sd = found.difference(one, other)
            squares.append((mean - (true[one] - true[other])) ** 2)
            expected.append(sd**2)
    wider = stats.t.isf(0.025, seeds * (TRIED - 1)) / stats.norm.isf(0.025)
    assert np.mean(expected) == pytest.approx(wider**2 * np.mean(squares), rel=0.06)


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_intervals_cover_where_the_spreads_have_to_be_estimated(seeds: int) -> None:
    """The spreads of each world are drawn from the prior."""
    random, covered = np.random.default_rng(seeds), []
    for _ in range(WORLDS):
        effect, pair = np.exp(random.normal(0, WIDTH, 2)) * (TYPICAL_EFFECT, TYPICAL_PAIR)
        true = drawn(random, effect, pair)
        trials = tried(random, true, seeds, TRIED)
        found = values(PARTS[:TRIED], trials, spreads(PARTS[:TRIED], trials))
        for one, other in ((1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (4, 0), (4, 1)):
            mean, sd = found.difference(one, other)
            covered.append(abs(mean - (true[one] - true[other])) <= stats.norm.isf(0.025) * sd)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_the_spreads_have_probabilities_that_the_trials_narrow_down() -> None:
    random = np.random.default_rng(2)
    true = drawn(random)
    few, many = (spreads(PARTS[:TRIED], tried(random, true, seeds, TRIED)) for seeds in (1, 200))
    for possible in (few, many):
        assert possible.probability.sum() == pytest.approx(1.0)
    assert len(many.effect) < len(few.effect)


def test_a_seed_with_one_trial_says_nothing() -> None:
    rows, seeds = np.array([0, 1, 0, 1, 1]), np.array([0, 0, 1, 1, 2])
    scores = np.array([1.0, 3.0, 2.0, 3.5, 99.0])
    whole = centered(2, rows, seeds, scores)
    without = centered(2, rows[:4], seeds[:4], scores[:4])
    for mine, theirs in zip(whole, without, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-9)
