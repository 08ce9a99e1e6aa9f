from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Slot
from strategies.gaussian_noise import GaussianNoise, normal, quantiles, with_noise
from tests.strategies.moments import key, moment


def test_the_numbers_are_standard_normal_and_apart_from_each_other() -> None:
    numbers = normal(key(), [50_000]).numpy()
    assert stats.kstest(numbers, stats.norm.cdf).pvalue > 1e-3
    assert np.var(numbers) == pytest.approx(1.0, abs=0.03)
    assert stats.kurtosis(numbers) == pytest.approx(0.0, abs=0.1)
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.02


def test_the_ends_of_the_distribution_are_finite() -> None:
    numbers = quantiles(tf.constant([0.0, 2.0**22, 2.0**23 - 1.0])).numpy()
    chances = np.array([0.5, 2.0**22 + 0.5, 2.0**23 - 0.5]) / 2.0**23
    np.testing.assert_allclose(numbers, stats.norm.ppf(chances), rtol=1e-3)


@pytest.mark.parametrize("kind", ["map", "sequence", "vector"])
def test_it_adds_noise_of_its_deviation_at_every_slot(kind: str) -> None:
    values = tf.fill([200, 5, 40], 3.0)
    noisy = GaussianNoise(0.4).noise(Slot("s", kind), values, moment()).numpy()
    assert noisy.mean() == pytest.approx(3.0, abs=0.01)
    assert noisy.std() == pytest.approx(0.4, rel=0.02)
    assert len(np.unique(noisy)) > 0.98 * noisy.size


def test_the_noise_is_added_and_does_not_grow_with_the_activation() -> None:
    small = with_noise(tf.ones([1_000]), 0.5, key()).numpy() - 1.0
    large = with_noise(100.0 * tf.ones([1_000]), 0.5, key()).numpy() - 100.0
    np.testing.assert_allclose(small, large, atol=1e-4)


def test_half_precision_has_the_noise_of_full_precision() -> None:
    values = tf.random.stateless_normal([4_000], [3, 4])
    for dtype in (tf.float16, tf.bfloat16):
        half = tf.cast(values, dtype)
        noisy = with_noise(half, 0.1, key())
        assert noisy.dtype == dtype
        exact = tf.cast(with_noise(tf.cast(half, tf.float32), 0.1, key()), dtype)
        np.testing.assert_array_equal(tf.cast(noisy, tf.float32), tf.cast(exact, tf.float32))
