"""Early dropout against the linear schedule of 2303.01500, section 4."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Slot
from strategies._schedule import faded
from strategies.early_dropout import EarlyDropout
from tests.strategies.moments import moment

ONES = tf.ones([200, 10, 40])


def noisy(strategy: EarlyDropout, step: int, kind: str = "sequence", seed: int = 0) -> np.ndarray:
    return strategy.noise(Slot("s", kind), ONES, moment(step, seed=seed)).numpy()


@pytest.mark.parametrize("kind", ["sequence", "vector"])
def test_the_rate_falls_linearly_to_0(kind: str) -> None:
    strategy = EarlyDropout(0.4, until=0.5)
    for step, rate in ((0, 0.4), (10, 0.32), (25, 0.2), (49, 0.008)):
        values = noisy(strategy, step, kind)
        assert (values == 0).mean() == pytest.approx(rate, abs=0.005)
        assert values.max() == pytest.approx(1 / (1 - rate), rel=1e-5)
        assert values.mean() == pytest.approx(1.0, abs=0.01)


def test_after_its_share_of_the_training_nothing_is_dropped() -> None:
    """Bit for bit, to the last step."""
    for step in (50, 51, 99):
        np.testing.assert_array_equal(noisy(EarlyDropout(0.4, until=0.5), step), ONES)


def test_the_default_is_a_tenth_in_the_first_50_of_300_epochs() -> None:
    def rate(epoch: int) -> float:
        return (noisy(EarlyDropout(), epoch // 3) == 0).mean()

    assert rate(0) == pytest.approx(0.1, abs=0.005)
    assert rate(24) == pytest.approx(0.052, abs=0.005)
    assert rate(51) == 0.0


def test_no_share_of_the_training_is_no_dropout() -> None:
    np.testing.assert_array_equal(noisy(EarlyDropout(0.4, until=0.0), 0), ONES)
    assert faded(0.5, 0.0, tf.constant(0.0)) == 0.0


def test_every_step_drops_other_values_and_maps_stay() -> None:
    first, second = (noisy(EarlyDropout(0.4), 0, seed=seed) for seed in (0, 1))
    assert np.any(first != second)
    np.testing.assert_array_equal(noisy(EarlyDropout(0.4), 0, "map"), ONES)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_drops_what_full_precision_drops(dtype: tf.DType) -> None:
    values = EarlyDropout(0.4).noise(Slot("s", "vector"), tf.cast(ONES, dtype), moment(5))
    assert values.dtype == dtype
    exact = tf.cast(EarlyDropout(0.4).noise(Slot("s", "vector"), ONES, moment(5)), dtype)
    np.testing.assert_array_equal(tf.cast(values, tf.float32), tf.cast(exact, tf.float32))
