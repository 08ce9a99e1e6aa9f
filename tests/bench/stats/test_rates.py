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


@pytest.mark.parametrize(
    ("trials", "least", "mean"), [(3, 0.78, 0.91), (5, 0.81, 0.91), (10, 0.81, 0.90)]
)
def test_tests_and_interval_hold_what_they_promise(trials: int, least: float, mean: float) -> None:
    """Summed over all outcomes, not simulated, for equal and unequal rates."""
    counts, rates = np.arange(trials + 1), np.linspace(0.01, 0.99, 99)
    outcomes = [
        [rate_change(sample(before, trials), sample(after, trials)) for after in counts]
        for before in counts
    ]
    low, high, worse, better = (
        np.array([[getattr(change, name) for change in row] for row in outcomes], dtype=float)
        for name in ("low", "high", "p_worse", "p_better")
    )
    chance = stats.binom.pmf(counts, trials, rates[:, None])
    for level in (0.01, 0.05):
        for p in (worse, better):
            alarms = np.einsum("ri,ij,rj->r", chance, p <= level, chance)
            assert alarms.max() <= level
    difference = rates[None, :] - rates[:, None]
    inside = (low <= difference[..., None, None]) & (difference[..., None, None] <= high)
    covered = np.einsum("bi,baij,aj->ba", chance, inside, chance)
    assert covered.min() == pytest.approx(least, abs=0.01)
    assert covered.mean() == pytest.approx(mean, abs=0.01)


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
    plain = rate_change(sample(3, 10), sample(4, 10))
    assert float(granted.p_worse) == float(plain.p_worse)
    assert float(granted.estimate) == pytest.approx(0.3), "measured from the base"
    beyond = rate_change(sample(2, 10), sample(9, 10), null=0.9)
    assert float(beyond.p_better) > 0.1, "one fewer than all ten is no sign of a lower rate"


@pytest.mark.parametrize("rate", [0.3, 0.5, 0.7, 0.9])
def test_an_accepted_rate_is_an_estimate_too(rate: float) -> None:
    """A study is accepted, then the same code runs again: alarms, summed over all outcomes."""
    trials = 10
    counts = np.arange(trials + 1)
    chance = stats.binom.pmf(counts, trials, rate)
    base = sample(0, trials)
    alarms = {"p_worse": 0.0, "p_better": 0.0}
    for accepted in counts[1:]:
        for after in counts:
            change = rate_change(base, sample(after, trials), null=accepted / trials)
            for side in alarms:
                found = float(getattr(change, side)) < 0.01
                alarms[side] += chance[accepted] * chance[after] * found
    assert max(alarms.values()) <= 0.01
