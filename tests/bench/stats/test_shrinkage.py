"""Shrunk effects are nearer to the truth; the largest estimate is too large."""

from __future__ import annotations

import numpy as np
import pytest

from bench.stats.shrinkage import LEAST, shrunk, true_variance


def test_shrunk_effects_are_nearer_to_the_truth_and_the_largest_is_not_too_large() -> None:
    random = np.random.default_rng(1)
    raw_error, shrunk_error, raw_top, shrunk_top = [], [], [], []
    for _ in range(400):
        true = random.normal(1, 1, 20)
        error = random.uniform(0.5, 1.5, 20)
        raw = true + error * random.normal(0, 1, 20)
        drawn = shrunk(raw, error)
        raw_error.append(np.mean((raw - true) ** 2))
        shrunk_error.append(np.mean((drawn - true) ** 2))
        raw_top.append((raw - true)[raw.argmax()])
        shrunk_top.append((drawn - true)[drawn.argmax()])
    assert np.mean(shrunk_error) < 0.65 * np.mean(raw_error)
    assert np.mean(raw_top) > 0.7
    assert abs(np.mean(shrunk_top)) < 0.2


def test_the_variance_of_true_effects() -> None:
    random = np.random.default_rng(2)
    error = random.uniform(0.5, 1.0, 3000)
    effect = random.normal(0, 2, 3000) + error * random.normal(0, 1, 3000)
    assert true_variance(effect, error**2) == pytest.approx(4.0, rel=0.1)
    assert true_variance(0.1 * error, error**2) == 0.0


def test_with_equal_errors_it_is_the_sample_variance_less_that_of_sampling() -> None:
    """Paule and Mandel's equation has this solution: K effects have K - 1 degrees of freedom."""
    effect = np.array([0.0, 4.0, -3.0, 2.0, 1.0])
    assert true_variance(effect, np.full(5, 1.5)) == pytest.approx(effect.var(ddof=1) - 1.5)


def test_effects_that_are_well_known_stay_and_few_are_left_alone() -> None:
    effect = np.array([0.0, 4.0, -3.0, 2.0, np.nan])
    drawn = shrunk(effect, np.full(5, 0.01))
    assert drawn[:4] == pytest.approx(effect[:4], abs=1e-3)
    assert np.isnan(drawn[4])
    assert np.isnan(shrunk(effect[: LEAST - 1], np.full(LEAST - 1, 1.0))).all()
