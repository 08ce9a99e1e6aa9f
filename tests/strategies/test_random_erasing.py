"""Random erasing against algorithm 1 of 1708.04896, by a loop in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Batch
from strategies.random_erasing import RandomErasing, Rectangles, erase, rectangles
from tests.strategies.moments import key, moment

COUNT, HEIGHT, WIDTH = 4_001, 24, 36


def erased(strategy: RandomErasing, value: float = 9.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the results for images of one value, and where they differ from it."""
    images = tf.fill([1_001, HEIGHT, WIDTH, 3], value)
    result = strategy.features(Batch(images, None, images), moment()).values.numpy()
    return result, (result != value).any(axis=-1)


def algorithm(random: np.random.Generator, count: int) -> np.ndarray:
    """Draw rectangles as in algorithm 1: top, left, height and width of each, [count, 4]."""
    drawn = []
    while len(drawn) < count:
        area = random.uniform(0.02, 0.4) * HEIGHT * WIDTH
        aspect = random.uniform(0.3, 1 / 0.3)
        tall, wide = int(np.sqrt(area * aspect)), int(np.sqrt(area / aspect))
        top, left = int(random.uniform(0, HEIGHT)), int(random.uniform(0, WIDTH))
        if top + tall <= HEIGHT and left + wide <= WIDTH:
            drawn.append((top, left, tall, wide))
    return np.array(drawn)


def test_rectangles_are_distributed_as_by_the_algorithm() -> None:
    drawn = rectangles(key(), (COUNT, HEIGHT, WIDTH), (0.02, 0.4), 0.3)
    expected = algorithm(np.random.default_rng(0), COUNT)
    for mine, theirs in zip(drawn, expected.T, strict=True):
        assert stats.ks_2samp(mine.numpy(), theirs).pvalue > 1e-3
    np.testing.assert_allclose(np.corrcoef(drawn), np.corrcoef(expected.T), atol=0.06)
    areas = (drawn.height * drawn.width).numpy()
    assert stats.ks_2samp(areas, expected[:, 2] * expected[:, 3]).pvalue > 1e-3
    right, bottom = drawn.left + drawn.width, drawn.top + drawn.height
    assert int(tf.reduce_max(right)) <= WIDTH
    assert int(tf.reduce_max(bottom)) <= HEIGHT


def test_the_rectangle_alone_is_filled() -> None:
    images = np.random.default_rng(0).normal(size=(3, 5, 7, 2)).astype(np.float32)
    where = Rectangles(*map(tf.constant, ([0, 1, 2], [3, 0, 5], [2, 0, 3], [4, 7, 1])))
    result = erase(tf.constant(images), where, tf.fill([3, 5, 7, 2], 8.0)).numpy()
    expected = images.copy()
    expected[0, 0:2, 3:7] = 8.0
    expected[2, 2:5, 5:6] = 8.0
    np.testing.assert_array_equal(result, expected)


def test_half_of_the_images_are_erased_with_noise_for_each_pixel_and_channel() -> None:
    result, where = erased(RandomErasing())
    assert where.any(axis=(1, 2)).mean() == pytest.approx(0.5, abs=0.06)
    noise = result[where]
    assert stats.kstest(noise[:20_000, 0], stats.uniform(-2, 4).cdf).pvalue > 1e-3
    np.testing.assert_allclose(np.corrcoef(noise.T) - np.eye(3), 0.0, atol=0.02)
    first, second = noise[:-1, 0], noise[1:, 0]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


def test_the_mean_color_is_zero_after_standardization() -> None:
    result, where = erased(RandomErasing(prob=1.0, fill="mean"))
    assert where.any(axis=(1, 2)).all()
    assert (result[where] == 0).all()
    assert where.mean() == pytest.approx(
        np.prod(algorithm(np.random.default_rng(1), 4_000)[:, 2:], axis=1).mean() / 864, rel=0.08
    )
