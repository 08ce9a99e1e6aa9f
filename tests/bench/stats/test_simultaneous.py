"""Simultaneous intervals: no false statement in a family, and p values that agree with them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.stats.laws import FixedLook
from bench.stats.simultaneous import KEPT, simultaneous, unit_level
from tests.bench.stats.simulators import paired_differences, share_tolerance

MARGIN = np.full(12, 1.0)


def made(d: np.ndarray, margin: np.ndarray = MARGIN, alpha: float = 0.05):
    n = d.shape[1]
    error = d.std(axis=1, ddof=1) / np.sqrt(n)
    law = FixedLook(np.full(len(d), n - 1.0))
    return simultaneous(d.mean(axis=1), error, law, margin, len(d), alpha)


TRUTHS = {
    "none": np.zeros(12),
    "half": np.repeat([0.0, 6.0], 6),
    "at the margin": np.repeat([1.0, -1.0, 6.0], 4),
    "just beyond it": np.repeat([1.001, -1.001, 8.0, -8.0], 3),
}


@pytest.mark.parametrize("effects", TRUTHS.values(), ids=TRUTHS.keys())
def test_all_intervals_of_a_family_cover_at_once(effects: np.ndarray) -> None:
    random = np.random.default_rng(1)
    studies = 1500
    wrong = 0
    for _ in range(studies):
        found = made(paired_differences(random, effects, 10))
        wrong += bool(((found.low > effects) | (found.high < effects)).any())
    assert wrong / studies <= 0.05 + share_tolerance(0.05, studies)


def test_what_is_beyond_the_margin_passes_its_level_on() -> None:
    d = paired_differences(np.random.default_rng(2), TRUTHS["none"], 10)
    alone = made(d)
    d[6:] += 9.0
    beside = made(d)
    assert ((beside.high - beside.low)[:6] < (alone.high - alone.low)[:6]).all()
    assert (beside.low[6:] > 1).all()
    half = stats.t.isf(unit_level(0.05, 12, 6), 9) * d[0].std(ddof=1) / np.sqrt(10)
    assert beside.high[0] - beside.low[0] == pytest.approx(2 * half)
    kept = stats.t.isf(KEPT * 0.05 / 24, 9) * d[7].std(ddof=1) / np.sqrt(10)
    assert beside.low[7] == pytest.approx(max(1.0, d[7].mean() - kept))


def test_levels_add_up_to_alpha_at_any_number_of_units_done() -> None:
    for done in range(13):
        spent = (24 - done) * unit_level(0.05, 12, done) + done * KEPT * 0.05 / 24
        assert spent == pytest.approx(0.05)


def test_p_is_the_alpha_at_which_the_interval_leaves_out_zero() -> None:
    random = np.random.default_rng(3)
    d = paired_differences(random, np.linspace(-4, 4, 12), 6)
    p = made(d).p
    for arm in range(12):
        if p[arm] < 1:
            above, below = made(d, alpha=p[arm] * 1.001), made(d, alpha=p[arm] * 0.999)
            assert above.low[arm] > 0 or above.high[arm] < 0
            assert below.low[arm] <= 0 <= below.high[arm]


def test_what_was_not_measured_keeps_its_level() -> None:
    d = paired_differences(np.random.default_rng(4), np.zeros(12), 8)
    gone = d.copy()
    gone[3] = np.nan
    found, whole = made(gone), made(d)
    assert np.isnan([found.low[3], found.high[3], found.p[3]]).all()
    assert np.delete(found.low, 3) == pytest.approx(np.delete(whole.low, 3))


def test_one_estimate_alone_has_the_interval_of_student() -> None:
    d = paired_differences(np.random.default_rng(5), np.zeros(1), 7)
    found = made(d, np.array([50.0]))
    low, high = stats.ttest_1samp(d[0], 0).confidence_interval(0.95)
    assert (found.low[0], found.high[0]) == (pytest.approx(low), pytest.approx(high))
    assert found.p[0] == pytest.approx(stats.ttest_1samp(d[0], 0).pvalue)
