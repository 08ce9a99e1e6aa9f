from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.stats import power
from bench.stats.errors import Errors, Level, Sample, common_level, errors
from bench.stats.moderated import NONE

RANDOM = np.random.default_rng(3)


def known(sd: float, trials: int, example_error: float = 0.0) -> Errors:
    """Return the standard errors of one sample with a known sd."""
    d = np.resize([1.0, -1.0], trials)
    made = errors([Sample(d * sd / d.std(ddof=1))], Level(NONE, False))
    examples = np.array([1000.0 if example_error else np.nan])
    return made._replace(example_error=np.array([example_error]), examples=examples)


@pytest.mark.parametrize("first", [None, 6])
@pytest.mark.parametrize("trials", [6, 24])
def test_detectable_difference_has_80_percent_power(trials: int, first: int | None) -> None:
    """Of a number of trials fixed beforehand, and of a confidence sequence from the sixth on."""
    made = known(2.0, trials)

    def half(one: Errors) -> np.ndarray:
        count = np.full(len(one.error), float(trials))
        return one.law(count, first).critical(0.005)

    difference = power.detectable(made.error, made.df, half(made))[0]
    d = RANDOM.normal(difference, 2, (5_000, trials))
    drawn = errors([Sample(row) for row in d], Level(NONE, False))
    told = d.mean(axis=1) > half(drawn) * drawn.error
    assert np.mean(told) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("example_error", [0.0, 0.1])
def test_trials_for_a_half_width_are_the_fewest(example_error: float) -> None:
    made = known(1.0, 6, example_error)
    need = power.trials_for_half_width(made, np.array([6.0]), np.array([0.5]), 0.025)[0]

    def half(n: float) -> float:
        variance = 1 / n + example_error**2
        df = variance**2 / ((1 / n) ** 2 / (n - 1) + example_error**4 / 999)
        return stats.t.isf(0.025, df) * variance**0.5

    assert half(need) <= 0.5 < half(need - 1)


def test_no_number_of_trials_makes_up_for_too_few_test_examples() -> None:
    made = known(1.0, 6, 0.4)
    assert power.trials_for_half_width(made, np.array([6.0]), np.array([0.5]), 0.025)[0] == np.inf
    made = known(1e4, 6)
    assert power.trials_for_half_width(made, np.array([6.0]), np.array([0.5]), 0.025)[0] == np.inf


def test_upper_bound_of_sd_covers_in_80_percent() -> None:
    sds = RANDOM.normal(0, 1, (20_000, 10)).std(axis=1, ddof=1)
    factor = power.sd_upper(1.0, 10)
    assert np.mean(sds * factor >= 1) == pytest.approx(0.8, abs=0.01)
    low, high = power.sd_range(sds, np.full(len(sds), 9.0))
    assert np.mean((low <= 1) & (high >= 1)) == pytest.approx(0.8, abs=0.01)


def test_degenerate_questions() -> None:
    assert np.isnan(power.sd_upper(1.0, 1))
    assert np.isnan(power.detectable(np.array([0.0]), np.array([9.0]), np.array([2.0]))[0])
    one = Sample(np.array([1.0]))
    made = errors([one], common_level([one]))
    assert np.isnan(power.trials_for_half_width(made, np.ones(1), np.ones(1), 0.05)[0])
    made = known(1.0, 4)
    assert np.isnan(power.trials_for_half_width(made, np.ones(1), np.array([np.nan]), 0.05)[0])
