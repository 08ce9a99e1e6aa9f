"""Cutout against loops over pixels (1708.04552, section 3)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chisquare

from bench import Batch
from strategies.cutout import Cutout, cut_out
from tests.strategies.moments import moment


def blanked(height: int, width: int, row: int, column: int, size: int) -> np.ndarray:
    """Return the pixels of the square, by the authors' clipping of its corners."""
    top, left = row - size // 2, column - size // 2
    hole = np.zeros((height, width), bool)
    hole[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = True
    return hole


@pytest.mark.parametrize("size", [0, 1, 3, 4, 16])
def test_the_pixels_of_the_clipped_square_become_the_mean_color(size: int) -> None:
    images = np.random.default_rng(0).normal(size=(63, 9, 7, 3)).astype(np.float32)
    row, column = np.divmod(np.arange(63), 7)
    result = cut_out(tf.constant(images), tf.constant(row), tf.constant(column), size).numpy()
    for image, before, r, c in zip(result, images, row, column, strict=True):
        hole = blanked(9, 7, r, c, size)
        assert (image[hole] == 0).all()
        np.testing.assert_array_equal(image[~hole], before[~hole])


def test_at_32_pixels_a_square_in_the_corner_keeps_a_quarter() -> None:
    corner = cut_out(tf.ones([1, 32, 32, 3]), tf.constant([0]), tf.constant([0]), 16)
    middle = cut_out(tf.ones([1, 32, 32, 3]), tf.constant([16]), tf.constant([16]), 16)
    assert int(tf.reduce_sum(1.0 - corner)) == 3 * 8 * 8
    assert int(tf.reduce_sum(1.0 - middle)) == 3 * 16 * 16


def test_every_pixel_is_as_likely_to_be_the_center_and_examples_differ() -> None:
    images = tf.ones([6_000, 6, 5, 3])
    result = Cutout(size=1).features(Batch(images, None, images), moment()).values.numpy()
    holes = (result == 0).all(axis=-1)
    assert (holes.sum(axis=(1, 2)) == 1).all()
    assert chisquare(holes.sum(axis=0).ravel()).pvalue > 1e-4
