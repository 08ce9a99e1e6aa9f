"""Exact rates of divergence."""

from __future__ import annotations

import pytest
from scipy import stats

from bench.stats.rates import exact_interval, paired_rates


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
