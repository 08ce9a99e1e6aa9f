"""ResizeMix against 2012.11101, section 3.3, and against TensorFlow's resizing."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Batch
from strategies.resizemix import Patch, ResizeMix, resized, resizemix

SIZE, HEIGHT, WIDTH = 301, 20, 33
TARGETS = tf.one_hot(tf.range(SIZE) % 7, 7)
KEY = tf.constant([3, 9])


def drawn(strategy: ResizeMix | None = None) -> Patch:
    """Return a draw in which nobody is his own partner."""
    patch = (strategy or ResizeMix()).draw(KEY, SIZE)
    return patch._replace(partners=tf.roll(tf.range(SIZE), 1, axis=0))


def numbered() -> np.ndarray:
    """Fill every image with its own number."""
    return np.arange(SIZE, dtype=np.float32)[:, None, None, None] + np.zeros((HEIGHT, WIDTH, 2))


def mixed(patch: Patch, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    result = resizemix(Batch(tf.constant(images, tf.float32), None, TARGETS), patch)
    return result.values.numpy(), result.targets.numpy()


@pytest.mark.parametrize("size", [(3, 5), (7, 7), (19, 33)])
def test_the_patch_is_the_whole_picture_resized_as_by_tensorflow(size: tuple[int, int]) -> None:
    images = np.random.default_rng(0).normal(size=(2, HEIGHT, WIDTH, 3)).astype(np.float32)
    top, left = [1, HEIGHT - size[0]], [0, WIDTH - size[1]]
    tall = resized(tf.constant(images), tf.constant(top), tf.constant([size[0]] * 2), 1)
    small = resized(tall, tf.constant(left), tf.constant([size[1]] * 2), 2).numpy()
    reference = tf.image.resize(images, size, antialias=True).numpy()
    for result, expected, y, x in zip(small, reference, top, left, strict=True):
        np.testing.assert_allclose(result[y : y + size[0], x : x + size[1]], expected, atol=2e-5)
        result[y : y + size[0], x : x + size[1]] = 0.0
        assert not result.any()


def test_labels_have_the_share_of_the_pixels_that_were_pasted() -> None:
    images, patch = numbered(), drawn()
    values, targets = mixed(patch, images)
    np.testing.assert_allclose(np.minimum(values % 1, 1 - values % 1), 0.0, atol=1e-3)
    pasted = np.abs(values - images)[..., 0] > 0.5
    np.testing.assert_allclose(values[pasted], np.roll(images, 1, axis=0)[pasted], rtol=1e-5)
    share = pasted.mean(axis=(1, 2))[:, None]
    expected = (1 - share) * TARGETS + share * np.roll(TARGETS, 1, axis=0)
    np.testing.assert_allclose(targets, expected, atol=1e-6)
    scale = patch.scale.numpy()
    sides = (scale * HEIGHT).astype(int) * (scale * WIDTH).astype(int) / (HEIGHT * WIDTH)
    np.testing.assert_allclose(share[:, 0], sides, atol=1e-6)


def test_patches_are_rectangles_inside_the_image_at_uniform_places() -> None:
    patch = drawn(ResizeMix(smallest=0.5, largest=0.5))
    places = tf.constant(np.random.default_rng(1).random((SIZE, 2)), tf.float32)
    values, _ = mixed(patch._replace(place=places), numbered())
    pasted = values[..., 0] - np.arange(SIZE)[:, None, None] < -0.5
    assert (pasted[1:].sum(axis=(1, 2)) == 10 * 16).all()
    tops = pasted[1:].any(axis=2).argmax(axis=1)
    lefts = pasted[1:].any(axis=1).argmax(axis=1)
    assert stats.chisquare(np.bincount(tops, minlength=11)).pvalue > 1e-3
    assert stats.chisquare(np.bincount(lefts, minlength=18)).pvalue > 1e-3


def test_scales_are_uniform_and_their_own() -> None:
    patch = ResizeMix().draw(KEY, 4_000)
    assert stats.kstest(patch.scale.numpy(), stats.uniform(0.1, 0.7).cdf).pvalue > 1e-3
    numbers = np.c_[patch.scale, patch.place]
    np.testing.assert_allclose(np.corrcoef(numbers.T) - np.eye(3), 0.0, atol=0.05)
    assert sorted(patch.partners.numpy()) == list(range(4_000))


def test_a_share_of_the_examples_is_left_alone() -> None:
    patch = drawn(ResizeMix(prob=0.3))
    values, targets = mixed(patch, numbered())
    alone = (values == numbered()).all(axis=(1, 2, 3))
    assert alone.mean() == pytest.approx(0.7, abs=0.08)
    np.testing.assert_array_equal(targets[alone], TARGETS.numpy()[alone])
