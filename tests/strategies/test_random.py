"""Random numbers, compiled and not."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chisquare, kstest

from strategies import _random
from strategies._random import keys, normal, uniform, whole
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


def test_normal_numbers_are_normal_and_each_is_one_of_its_own() -> None:
    numbers = normal(key(), [3, 5, 1_001]).numpy()
    assert numbers.shape == (3, 5, 1_001)
    assert kstest(np.ravel(numbers), "norm").pvalue > 1e-4
    first, second = np.ravel(numbers)[:7_507], np.ravel(numbers)[7_508:]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
    assert abs(np.corrcoef(first**2, second**2)[0, 1]) < 0.05  # the two of a pair share a radius
    assert len(np.unique(numbers)) > 15_000


@pytest.mark.parametrize("extreme", [0.0, 1.0 - 2.0**-24])
def test_no_normal_number_is_infinite(extreme: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_random, "uniform", lambda key, shape: tf.fill(shape, extreme))
    assert np.isfinite(normal(key(), [4])).all()


def test_normal_numbers_are_the_same_with_xla() -> None:
    compiled = tf.function(lambda k: normal(k, [999]), autograph=False, jit_compile=True)
    np.testing.assert_allclose(compiled(key()), normal(key(), [999]), atol=1e-5)
