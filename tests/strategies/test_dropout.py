from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Slot
from strategies._noise import dropped
from strategies.dropout import Dropout
from tests.strategies.moments import key, moment

ONES = tf.ones([200, 100])


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.7])
def test_a_share_is_zero_and_the_rest_keeps_the_expectation(rate: float) -> None:
    noise = dropped(ONES, tf.constant(rate), key()).numpy()
    assert np.unique(noise) == pytest.approx([0.0, 1 / (1 - rate)], rel=1e-6)
    deviation = (rate / (1 - rate) / noise.size) ** 0.5
    assert noise.mean() == pytest.approx(1.0, abs=4 * deviation)


def test_what_is_kept_is_scaled_as_tensorflow_scales_it() -> None:
    values = tf.random.stateless_normal([64, 32], [1, 2])
    theirs = tf.nn.experimental.stateless_dropout(values, 0.3, seed=key())
    ours = dropped(values, 0.3, key())
    kept = (theirs.numpy() != 0) & (ours.numpy() != 0)
    np.testing.assert_allclose(ours[kept], theirs[kept], rtol=1e-6)
    assert np.mean(theirs.numpy() != 0) == pytest.approx(np.mean(ours.numpy() != 0), abs=0.05)


def test_xla_drops_the_same_units() -> None:
    compiled = tf.function(dropped, jit_compile=True, autograph=False)
    np.testing.assert_array_equal(
        compiled(ONES, tf.constant(0.3), key()), dropped(ONES, 0.3, key())
    )


def test_half_precision_drops_the_same_units() -> None:
    full = dropped(ONES, 0.1, key()).numpy()
    half = dropped(tf.cast(ONES, tf.bfloat16), 0.1, key())
    assert half.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(half, tf.float32).numpy() > 0, full > 0)


def test_the_gradient_is_the_noise() -> None:
    values = tf.Variable(tf.random.stateless_normal([8, 4], [1, 2]))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(dropped(values, 0.5, key()))
    noise = dropped(tf.ones([8, 4]), 0.5, key())
    np.testing.assert_allclose(tape.gradient(total, values), noise)


def test_a_key_repeats_its_noise_and_another_does_not() -> None:
    np.testing.assert_array_equal(dropped(ONES, 0.5, key(1)), dropped(ONES, 0.5, key(1)))
    assert np.any(dropped(ONES, 0.5, key(1)).numpy() != dropped(ONES, 0.5, key(2)).numpy())


@pytest.mark.parametrize(
    ("kind", "shape", "zeros"),
    [("vector", [100, 100], 0.5), ("sequence", [20, 10, 50], 0.3), ("map", [4, 8, 8, 4], 0.0)],
)
def test_each_kind_of_slot_has_its_rate(kind: str, shape: list[int], zeros: float) -> None:
    values = Dropout().noise(Slot("here", kind), tf.ones(shape), moment())
    assert np.mean(values.numpy() == 0) == pytest.approx(zeros, abs=0.02)
