"""Random numbers, compiled and not."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy.stats import chisquare, kstest

from strategies._random import keys, uniform, whole
from tests.strategies.moments import key


def numbers(seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    first, second = keys(tf.stack([seed, 5]), 2)
    return uniform(first, [1_000]), whole(second, [1_000], 30)


def test_they_are_the_same_with_xla_for_keys_of_either_sign() -> None:
    plain = tf.function(numbers, autograph=False)
    compiled = tf.function(numbers, autograph=False, jit_compile=True)
    seeds = [tf.constant(seed) for seed in range(-5, 15)]
    assert {int(k) < 0 for seed in seeds for k in keys(tf.stack([seed, 5]), 1)[0]} == {True, False}
    for seed in seeds:
        for one, other in zip(plain(seed), compiled(seed), strict=True):
            np.testing.assert_array_equal(one, other)


def test_they_are_uniform() -> None:
    floats, integers = uniform(key(), [20_000]).numpy(), whole(key(), [20_000], 30).numpy()
    assert kstest(floats, "uniform").pvalue > 1e-4
    assert floats.min() >= 0.0
    assert floats.max() < 1.0
    assert chisquare(np.bincount(integers, minlength=30)).pvalue > 1e-4
