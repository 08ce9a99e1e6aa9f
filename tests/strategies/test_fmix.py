"""FMix against section 4 of 2002.12047."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Batch
from strategies._mixing import Pairs
from strategies.fmix import FMix, brightest, fmix, gray_images, whole
from tests.strategies.moments import key, moment

SIZE = 301
TARGETS = tf.one_hot(tf.range(SIZE) % 7, 7)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (12, 31), (21, 10)])
@pytest.mark.parametrize("decay", [1.0, 3.0])
def test_the_power_falls_with_the_frequency_in_pixels(
    height: int, width: int, decay: float
) -> None:
    """Amplitude f^-decay, at least one cycle over the longer side, as in the authors' code."""
    gray = gray_images(key(), 600, height, width, decay).numpy().astype(np.float64)
    power = np.square(np.abs(np.fft.rfft2(gray))).mean(axis=0)
    rows, columns = np.fft.fftfreq(height), np.fft.rfftfreq(width)
    frequency = np.hypot(rows[:, None], columns[None, :])
    expected = 2.0 * np.maximum(frequency, 1 / max(height, width)) ** (-2.0 * decay)
    inner = slice(1, (width - 1) // 2 + 1)  # the first and the last column are their own mirrors
    ratio = power[:, inner] / expected[:, inner]
    assert ratio.mean() == pytest.approx(1.0, abs=0.02)
    assert 0.8 < ratio.min() < ratio.max() < 1.25


def test_the_mask_is_the_brightest_part() -> None:
    gray = np.random.default_rng(0).normal(size=(5, 4, 6)).astype(np.float32)
    numbers = [0, 1, 7, 23, 24]
    marked = brightest(tf.constant(gray), tf.constant(numbers)).numpy()
    for image, mask, number in zip(gray, marked, numbers, strict=True):
        assert mask.sum() == number
        assert number in (0, 24) or image[mask].min() > image[~mask].max()


def numbered(height: int, width: int) -> np.ndarray:
    """Fill every image with its own number."""
    ids = np.arange(SIZE, dtype=np.float32)[:, None, None, None]
    return np.broadcast_to(ids, (SIZE, height, width, 2)).copy()


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 15)])
def test_labels_have_the_share_of_the_pixels_that_were_kept(height: int, width: int) -> None:
    images = numbered(height, width)
    drawn = FMix().draw(key(), SIZE)._replace(partners=tf.roll(tf.range(SIZE), 1, axis=0))
    mixed = fmix(Batch(tf.constant(images), None, TARGETS), drawn, 3.0, key(1))
    own = (mixed.values.numpy() == images).all(axis=-1)
    other = (mixed.values.numpy() == np.roll(images, 1, axis=0)).all(axis=-1)
    assert (own ^ other).all()
    kept = own.mean(axis=(1, 2))[:, None]
    expected = kept * TARGETS + (1 - kept) * np.roll(TARGETS, 1, axis=0)
    np.testing.assert_allclose(mixed.targets, expected, atol=1e-6)
    share = drawn.share.numpy()
    assert (np.abs(kept[:, 0] - share) < 1.0001 / (height * width)).all()
    assert (kept[:, 0] - share).mean() == pytest.approx(0.0, abs=0.1 / (height * width))


def test_lambda_has_its_alpha_and_every_example_its_own_shape() -> None:
    share = FMix(alpha=0.3).draw(key(), 4_000).share.numpy()
    assert stats.kstest(share, stats.beta(0.3, 0.3).cdf).pvalue > 1e-3
    drawn = Pairs(tf.roll(tf.range(SIZE), 1, axis=0), tf.fill([SIZE], 0.5))
    batch = Batch(tf.constant(numbered(8, 8)), None, TARGETS)
    mixed = FMix().features(batch, moment()._replace(drawn=drawn)).values.numpy()
    own = (mixed == numbered(8, 8))[..., 0]
    assert len(np.unique(own, axis=0)) == SIZE
    np.testing.assert_allclose(own.mean(axis=0), 0.5, atol=0.12)


def test_a_larger_decay_gives_smoother_shapes() -> None:
    batch = Batch(tf.constant(numbered(16, 16)), None, TARGETS)
    drawn = Pairs(tf.roll(tf.range(SIZE), 1, axis=0), tf.fill([SIZE], 0.5))
    borders = []
    for decay in (0.5, 3.0):
        mixed = FMix(decay=decay).features(batch, moment()._replace(drawn=drawn)).values.numpy()
        own = (mixed == numbered(16, 16))[..., 0]
        borders.append((own[:, 1:] != own[:, :-1]).mean())
    assert borders[0] > 3 * borders[1]


def test_no_share_is_more_than_all_pixels() -> None:
    chances = tf.constant([0.0, 0.5, 1.0 - 2.0**-24])
    np.testing.assert_array_equal(whole(tf.ones(3), 1024, chances), [1024, 1024, 1024])
    np.testing.assert_array_equal(whole(tf.fill([3], 0.7), 10, 0.9 * chances), [7, 7, 7])
    np.testing.assert_array_equal(whole(tf.fill([3], 0.75), 10, chances), [7, 8, 8])


def test_a_share_of_one_is_the_example_itself() -> None:
    images = tf.constant(numbered(7, 5))
    drawn = FMix(prob=0.0).draw(key(), SIZE)
    mixed = fmix(Batch(images, None, TARGETS), drawn, 3.0, key())
    np.testing.assert_array_equal(mixed.values, images)
    np.testing.assert_array_equal(mixed.targets, TARGETS)
