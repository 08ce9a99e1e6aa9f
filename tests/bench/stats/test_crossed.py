"""Variance components of trials and test examples, and intervals that cover both."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.stats.crossed import added, components
from bench.stats.errors import Sample, common_level, errors
from tests.bench.stats.simulators import answers


def test_components_are_those_of_the_analysis_of_variance() -> None:
    d = np.random.default_rng(1).integers(-1, 2, (4, 50))
    found = components(d)
    grand = d.mean()
    columns = 4 * ((d.mean(axis=0) - grand) ** 2).sum() / 49
    left = d - d.mean(axis=1, keepdims=True) - d.mean(axis=0) + grand
    residual = (left**2).sum() / (3 * 49)
    assert found.residual_variance == pytest.approx(residual / 50)
    assert found.example_variance == pytest.approx(max(0.0, columns - residual) / 200)


def test_degrees_of_freedom_lie_between_those_of_the_parts() -> None:
    total, df = added(np.array([1.0, 1.0, 0.0]), np.full(3, 4.0), np.array([0.0, 1.0, 0.0]),
                      np.full(3, 999.0))  # fmt: skip
    assert total.tolist() == [1.0, 2.0, 0.0]
    assert df[0] == pytest.approx(4.0)
    assert 15.9 < df[1] < 16.1
    assert df[2] == 4.0


@pytest.mark.parametrize("trials", [3, 5, 10])
def test_intervals_cover_another_study_with_other_trials_and_other_examples(trials: int) -> None:
    """Seven arms with true effects of 0 to 3 points, 600 examples that are hard for some arms."""
    random = np.random.default_rng(trials)
    levels = 0.3 + np.linspace(0, 0.12, 8)
    covered, narrow = [], []
    for _ in range(150):
        drawn = answers(random, levels, trials, 600, arm_example_sd=0.5)
        accuracy = 100 * drawn.right.mean(axis=2)
        samples = [
            Sample(accuracy[arm] - accuracy[0], components(
                drawn.right[arm].astype(np.int8) - drawn.right[0].astype(np.int8)), 100.0)
            for arm in range(1, 8)
        ]  # fmt: skip
        made = errors(samples, common_level(samples))
        mean = np.array([s.differences.mean() for s in samples])
        off = np.abs(mean - 100 * drawn.effects)
        covered.append(np.mean(off <= stats.t.isf(0.025, made.df) * made.error))
        narrow.append(np.mean(off <= stats.t.isf(0.025, made.sd_df) * made.trial_error))
    assert 0.93 <= np.mean(covered) <= 0.985
    if trials == 10:
        assert np.mean(narrow) < 0.92  # over trials alone: too short


def test_equal_trials_are_no_better_known_than_their_test_examples() -> None:
    """Three trials that happen to agree: the floor is what sampling the examples gives."""
    random = np.random.default_rng(6)
    d = random.integers(-1, 2, (3, 400)).astype(np.int8)
    d -= np.round(d.mean(axis=1, keepdims=True)).astype(np.int8)
    sample = Sample(np.array([1.0, 1.0, 1.0001]), components(d), 100.0)
    made = errors([sample], common_level([sample]))
    assert made.sd[0] == pytest.approx(100 * components(d).residual_variance ** 0.5)
    without = errors([sample._replace(parts=None)], common_level([sample]))
    assert without.sd[0] < 1e-4


def test_one_trial_has_no_error() -> None:
    sample = Sample(np.array([1.0]))
    made = errors([sample], common_level([sample]))
    assert np.isnan(made.error[0])


def test_an_arm_that_changes_nothing_stays_without_error_beside_arms_that_do() -> None:
    random = np.random.default_rng(8)
    idle = np.zeros((5, 100), dtype=np.int8)
    luck = random.permuted(np.tile([1, -1] * 10 + [0] * 80, (5, 1)), axis=1).astype(np.int8)
    others = [Sample(random.normal(0, 1, 5)) for _ in range(6)]
    samples = [Sample(np.zeros(5), components(idle), 100.0), *others]
    made = errors([*samples, Sample(np.zeros(5), components(luck), 100.0)], common_level(samples))
    assert made.error[0] == 0
    assert (made.error[1:] > 0.1).all()  # equal totals by chance are another matter
