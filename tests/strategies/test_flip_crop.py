"""Flip and crop against NumPy's padding (1512.03385, section 4.2)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chisquare

from bench import Batch
from strategies.flip_crop import FlipCrop
from tests.strategies.moments import moment

IMAGE = np.arange(1, 8 * 7 * 3 + 1, dtype=np.float32).reshape(8, 7, 3)
PAD = 2


def windows(border: str) -> dict[bytes, tuple[int, int, bool]]:
    """Return every possible window -> its start in the padded image, and true if mirrored."""
    mode = "constant" if border == "zero" else "reflect"
    padded = np.pad(IMAGE, [(PAD, PAD), (PAD, PAD), (0, 0)], mode=mode)
    found = {}
    for top in range(2 * PAD + 1):
        for left in range(2 * PAD + 1):
            window = padded[top : top + 8, left : left + 7]
            found[window.tobytes()] = (top, left, False)
            found[window[:, ::-1].tobytes()] = (top, left, True)
    return found


@pytest.mark.parametrize("border", ["zero", "reflect"])
@pytest.mark.parametrize("compiled", [False, True])
def test_every_window_of_the_padded_image_and_its_mirror_is_as_likely(
    border: str, compiled: bool
) -> None:
    images = tf.constant(np.tile(IMAGE, (5_000, 1, 1, 1)))
    strategy = FlipCrop(pad=PAD, border=border)
    run = tf.function(
        lambda i: strategy.examples(Batch(i, None, i), moment()),
        jit_compile=compiled,
        autograph=False,
    )
    known = windows(border)
    assert len(known) == 2 * (2 * PAD + 1) ** 2
    seen = Counter(known[image.tobytes()] for image in run(images).values.numpy())
    assert set(seen) == set(known.values())
    assert chisquare(list(seen.values())).pvalue > 1e-4


def test_without_padding_and_flips_nothing_changes() -> None:
    images = tf.constant(np.random.default_rng(0).uniform(size=(4, 6, 5, 3)).astype(np.float32))
    strategy = FlipCrop(pad=0, flip=0.0)
    np.testing.assert_array_equal(
        strategy.examples(Batch(images, None, images), moment()).values, images
    )


def test_targets_stay() -> None:
    images, targets = tf.zeros([3, 6, 5, 3]), tf.one_hot([0, 1, 2], 3)
    np.testing.assert_array_equal(
        FlipCrop().examples(Batch(images, None, targets), moment()).targets, targets
    )
