from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.stats.paired import (
    batched,
    hedges_correction,
    interval,
    paired,
    sign_flip,
)

RANDOM = np.random.default_rng(7)


def test_figures_agree_with_scipys_own() -> None:
    arm, reference = RANDOM.normal(50, 2, (3, 10)), RANDOM.normal(49, 1, (3, 10))
    found = paired(arm, reference)
    for i in range(3):
        test = stats.ttest_rel(arm[i], reference[i])
        low, high = test.confidence_interval(0.95)
        assert found.loc[i, "p"] == pytest.approx(test.pvalue)
        assert found.loc[i, ["low", "high"]].tolist() == pytest.approx([low, high])
        welch = stats.ttest_ind(arm[i], reference[i], equal_var=False).pvalue
        assert found.loc[i, "welch_p"] == pytest.approx(welch)
        correlation = stats.pearsonr(arm[i], reference[i]).statistic
        assert found.loc[i, "seed_correlation"] == pytest.approx(correlation)


def test_sign_flip_is_exact_for_few_seeds() -> None:
    """All ten differences above 0: 2 of 2^10 sign patterns are as extreme."""
    d = np.array([np.arange(1.0, 11.0), [1, -1, 1, -1, 1, -1, 1, -1, 1, -1]])
    assert sign_flip(d).tolist() == pytest.approx([2 / 1024, 1.0])


def test_sign_flip_counts_ties() -> None:
    """d = 1, 1, -1, 1: |sum| >= 2 in 10 of 16 patterns."""
    assert sign_flip(np.array([[1.0, 1.0, -1.0, 1.0]]))[0] == pytest.approx(10 / 16)


def test_many_seeds_use_seeded_flips_that_agree_with_t() -> None:
    d = RANDOM.normal(0.3, 1, (600, 20))
    p = sign_flip(d)
    assert np.array_equal(p, sign_flip(d))
    t = stats.ttest_1samp(d, 0, axis=1).pvalue
    assert np.abs(p - t).max() < 0.06
    assert np.abs(p - t).mean() < 0.01


def test_hedges_correction_against_known_values() -> None:
    assert hedges_correction(9) == pytest.approx(1 - 3 / (4 * 9 - 1), abs=1e-3)
    assert hedges_correction(4) == pytest.approx(0.7979, abs=1e-4)


def test_equal_differences_have_the_sign_flip_p_and_no_width() -> None:
    arm = np.array([[0.51, 0.62, 0.73, 0.84, 0.95]])
    found = paired(100 * arm, 100 * (arm - 0.01)).iloc[0]
    assert found["effect"] == pytest.approx(1.0)
    assert found["sd"] == 0
    assert found["low"] == found["high"] == found["effect"]
    assert found["p"] == found["sign_flip_p"] == pytest.approx(2 / 32)
    assert np.isnan(found["d_z"])


def test_identical_arms_differ_in_nothing() -> None:
    arm = RANDOM.normal(50, 1, (1, 10))
    found = paired(arm, arm).iloc[0]
    assert (found["effect"], found["p"], found["sign_flip_p"]) == (0, 1, 1)
    assert found["seed_correlation"] == pytest.approx(1)


def test_one_seed_has_an_effect_and_nothing_else() -> None:
    found = paired(np.array([[3.0]]), np.array([[1.0]])).iloc[0]
    assert found["effect"] == 2
    assert found.drop("effect").isna().all()


def test_batches_keep_the_order_of_samples() -> None:
    sizes = (4, 0, 7, 4, 1)
    samples = [(RANDOM.normal(size=n), RANDOM.normal(size=n)) for n in sizes]
    found = batched(paired, samples)
    alone = paired(samples[3][0][None], samples[3][1][None]).iloc[0]
    assert found.iloc[3].tolist() == pytest.approx(alone.tolist())
    assert found.iloc[1].isna().all()
    assert found.loc[4, "effect"] == samples[4][0][0] - samples[4][1][0]


@pytest.mark.parametrize("n", [5, 10, 24])
def test_coverage_of_intervals(n: int) -> None:
    reference = RANDOM.normal(60, 2, (8000, n))
    arm = reference + RANDOM.normal(1.5, 1, (8000, n))
    found = interval(arm, reference)
    covered = (found["low"] < 1.5) & (found["high"] > 1.5)
    assert 0.93 < covered.mean() < 0.97


def test_false_positives_of_t_and_sign_flip() -> None:
    d = RANDOM.normal(0, 1, (4000, 10))
    for p in (interval(d, np.zeros_like(d))["p"], sign_flip(d)):
        assert abs(np.mean(p < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 4000)
