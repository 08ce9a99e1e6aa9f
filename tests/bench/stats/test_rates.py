"""Exact rates of divergence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.stats.rates import exact_interval, paired_rates, rate_change


def test_exact_interval() -> None:
    assert exact_interval(0, 10) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))
    low, high = exact_interval(3, 10)
    assert stats.binom.sf(2, 10, low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 10, high) == pytest.approx(0.025)
    assert exact_interval(0, 0) == (0.0, 1.0)


def test_only_trials_in_which_one_side_had_the_event_count() -> None:
    assert paired_rates(6, 0) == pytest.approx(2 / 64)
    assert paired_rates(3, 3) == 1.0
    assert paired_rates(0, 0) == 1.0


def sample(events: int, trials: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [events, trials - events])


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("trials", [3, 5, 10])
def test_equal_rates_are_called_worse_as_rarely_as_promised(rate: float, trials: int) -> None:
    """Summed over all outcomes, not simulated. The interval of 90% holds about what it says."""
    chance = stats.binom.pmf(np.arange(trials + 1), trials, rate)
    alarms = {0.01: 0.0, 0.05: 0.0}
    covered = 0.0
    for before in range(trials + 1):
        for after in range(trials + 1):
            change = rate_change(sample(before, trials), sample(after, trials))
            weight = chance[before] * chance[after]
            covered += weight * (change.low <= 0 <= change.high)
            for level in alarms:
                alarms[level] += weight * (change.p_worse <= level)
    assert all(alarms[level] <= level for level in alarms)
    assert covered > (0.78 if trials == 3 else 0.86)


def test_a_difference_of_rates_has_a_direction() -> None:
    change = rate_change(sample(0, 5), sample(5, 5))
    assert float(change.p_worse) == pytest.approx(0.25**5), "the worst rate of both is one half"
    assert float(change.p_better) == pytest.approx(1)
    assert 0 < change.low < change.estimate == 1
    mirrored = rate_change(sample(5, 5), sample(0, 5))
    assert float(mirrored.p_better) == pytest.approx(float(change.p_worse))
    assert float(mirrored.high) == pytest.approx(-float(change.low))


def wilson(events: int, trials: int, z: float) -> np.ndarray:
    """Return the ends of a score interval: the rates z standard errors from the observed one."""
    rate = events / trials
    return np.sort(np.roots([1 + z**2 / trials, -2 * rate - z**2 / trials, rate**2]))


def test_the_interval_is_newcombes_of_90_percent() -> None:
    """Newcombe 1998, method 10: distances to the ends of both score intervals, added in squares."""
    z = stats.norm.isf(0.05)
    before, after = wilson(48, 80, z), wilson(56, 70, z)
    change = rate_change(sample(48, 80), sample(56, 70))
    assert float(change.low) == pytest.approx(0.2 - np.hypot(0.8 - after[0], before[1] - 0.6))
    assert float(change.high) == pytest.approx(0.2 + np.hypot(after[1] - 0.8, 0.6 - before[0]))


def test_a_difference_that_is_granted_is_no_finding() -> None:
    assert float(rate_change(sample(0, 5), sample(5, 5), null=1.0).p_worse) == pytest.approx(1)
    granted = rate_change(sample(1, 10), sample(4, 10), null=0.2)
    assert float(granted.p_worse) == pytest.approx(stats.binom.sf(3, 10, 0.3))
