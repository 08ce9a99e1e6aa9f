from __future__ import annotations

import numpy as np
import pytest

from bench.stats import power
from bench.stats.paired import equivalence, t_test

RANDOM = np.random.default_rng(3)


def test_equivalence_within_half_a_point_takes_36_seeds() -> None:
    assert power.seeds_for_equivalence(1.0, 0.5, 0.05) == 36


@pytest.mark.parametrize(("effect", "n", "alpha"), [(1.0, 10, 0.05), (1.5, 10, 0.05 / 12)])
def test_power_of_planted_effects_matches_the_formula(effect: float, n: int, alpha: float) -> None:
    d = RANDOM.normal(effect, 1, (10_000, n))
    found = np.mean(t_test(d, np.zeros_like(d)) < alpha)
    assert found == pytest.approx(power.power(effect, 1.0, n, alpha), abs=0.02)


def test_equivalence_is_shown_with_the_power_that_was_planned() -> None:
    n = int(power.seeds_for_equivalence(1.0, 1.0, 0.05))
    d = RANDOM.normal(0, 1, (10_000, n))
    ones = np.ones(len(d))
    p = equivalence(d.mean(axis=1), d.std(axis=1, ddof=1), n * ones, ones)
    assert np.mean(p < 0.05) == pytest.approx(0.8, abs=0.05)


def test_detectable_difference_has_80_percent_power() -> None:
    difference = power.detectable(2.0, 10, 0.01)
    assert power.power(difference, 2.0, 10, 0.01) == pytest.approx(0.8, abs=1e-3)


def test_seeds_for_a_difference_are_the_fewest() -> None:
    n = int(power.seeds_for_difference(1.0, 0.5, 0.05))
    assert power.power(0.5, 1.0, n, 0.05) >= 0.8 > power.power(0.5, 1.0, n - 1, 0.05)


def test_upper_bound_of_sd_covers_in_80_percent() -> None:
    sds = RANDOM.normal(0, 1, (20_000, 10)).std(axis=1, ddof=1)
    factor = power.sd_upper(1.0, 10)
    assert np.mean(sds * factor >= 1) == pytest.approx(0.8, abs=0.01)


def test_degenerate_questions() -> None:
    assert np.isnan(power.sd_upper(1.0, 1))
    assert np.isnan(power.detectable(0.0, 10, 0.05))
    assert np.isnan(power.seeds_for_equivalence(1.0, np.nan, 0.05))
    assert np.isnan(power.seeds_for_equivalence(np.nan, 1.0, 0.05))
    assert power.seeds_for_equivalence(0.0, 1.0, 0.05) >= 2
    assert power.seeds_for_difference(1000.0, 0.1, 0.05) == power.MOST_SEEDS
