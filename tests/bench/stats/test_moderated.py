"""Moderated variances: coverage over arms, and no arm made surer than its trials allow."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.stats.moderated import NONE, SHARED, correlation, moderate, prior
from tests.bench.stats.simulators import paired_differences


def moderated_errors(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    variances, df = d.var(axis=1, ddof=1), np.full(len(d), d.shape[1] - 1.0)
    variances, df = moderate(variances, df, prior(variances, df, correlation(d)))
    return np.sqrt(variances / d.shape[1]), df


@pytest.mark.parametrize("trials", [3, 5, 10])
@pytest.mark.parametrize("heterogeneity", [0.0, 0.4])
@pytest.mark.parametrize("reference_sd", [1.0, 2.0])
def test_intervals_cover_and_are_shorter_than_each_arm_alone(
    trials: int, heterogeneity: float, reference_sd: float
) -> None:
    """12 arms that share a reference, which may be noisier than they are."""
    random = np.random.default_rng(trials)
    covered, shorter = [], []
    for _ in range(400):
        d = paired_differences(random, np.zeros(12), trials, heterogeneity, reference_sd)
        error, df = moderated_errors(d)
        half = stats.t.isf(0.025, df) * error
        own = stats.t.isf(0.025, trials - 1) * d.std(axis=1, ddof=1) / np.sqrt(trials)
        covered.append(np.mean(np.abs(d.mean(axis=1)) <= half))
        shorter.append(np.mean(half) / np.mean(own))
    assert 0.93 <= np.mean(covered) <= 0.975
    assert np.mean(shorter) < 1.03
    if trials == 3 and reference_sd == 1:
        assert np.mean(shorter) < 0.85


@pytest.mark.parametrize(("trials", "noisier"), [(3, 10.0), (5, 3.0), (5, 10.0)])
def test_an_arm_that_is_noisier_than_the_others_keeps_its_noise(
    trials: int, noisier: float
) -> None:
    """With all the degrees of freedom of the others its interval would cover 90%."""
    random = np.random.default_rng(1)
    covered = []
    for _ in range(600):
        d = paired_differences(random, np.zeros(12), trials)
        d[0] += noisier * random.normal(0, 1, trials)
        error, df = moderated_errors(d)
        assert error[0] >= d[0].std(ddof=1) / np.sqrt(trials) - 1e-12
        covered.append(abs(d[0].mean()) <= stats.t.isf(0.025, df[0]) * error[0])
    assert np.mean(covered) > 0.915


def test_the_level_and_its_weight_are_found_where_arms_are_many() -> None:
    """2,000 independent arms whose true variances have 8 degrees of freedom and level 2."""
    random = np.random.default_rng(2)
    true = 2.0 * 8 / random.chisquare(8, 2000)
    variances = true * random.chisquare(4, 2000) / 4
    found = prior(variances, np.full(2000, 4.0), correlated=0.0)
    assert found.variance == pytest.approx(2.0, rel=0.1)
    assert found.df == pytest.approx(8.0, rel=0.2)
    assert found.most_df > 500


def test_a_shared_reference_limits_what_arms_say_of_each_other() -> None:
    variances, df = np.ones(30) + np.arange(30) / 100, np.full(30, 4.0)
    alone, shared = prior(variances, df, 0.0), prior(variances, df, 0.9)
    assert shared.most_df < 8 < alone.most_df


def test_correlation_sees_a_noisy_reference() -> None:
    random = np.random.default_rng(3)
    even = paired_differences(random, np.zeros(20), 400)
    noisy = paired_differences(random, np.zeros(20), 400, reference_sd=2.0)
    assert correlation(even) == pytest.approx(0.5, abs=0.05)
    assert correlation(noisy) == pytest.approx(0.8, abs=0.05)
    assert correlation(even[:1]) == SHARED
    assert correlation(np.zeros((3, 5))) == SHARED


def test_few_arms_have_no_common_level() -> None:
    variances, df = np.array([1.0, 2.0, 0.0, np.nan]), np.full(4, 4.0)
    assert prior(variances, df) == NONE
    same, same_df = moderate(variances, df, NONE)
    assert same is variances
    assert same_df is df
