"""TrivialAugment against Pillow's operations (2103.10158, algorithm 1)."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from PIL import Image

from bench import Batch
from strategies.trivial_augment import TrivialAugment
from tests.strategies.moments import moment
from tests.strategies.pillow import BLACK, close, photograph, variants

SIDE, LEVELS = 16, 31
IMAGE = photograph(SIDE)


def augmented(count: int, prob: float = 1.0) -> np.ndarray:
    images = tf.constant(np.tile(IMAGE, (count, 1, 1, 1)) / 255.0, tf.float32)
    run = tf.function(
        lambda i: TrivialAugment(prob).examples(Batch(i, None, i), moment()), autograph=False
    )
    return run(images).values.numpy()


def test_each_image_gets_one_operation_at_one_of_31_strengths_of_the_wide_space() -> None:
    """The ranges, the black border and the whole numbers of the authors' code."""
    expected = {
        (name, level): result
        for level in range(LEVELS)
        for name, result in variants(
            Image.fromarray(IMAGE), strength=level / 30, shear=0.99, pixels=float(SIDE),
            degrees=135.0, enhance=0.99, bits=6, fill=BLACK, whole=True,
        ).items()
    }  # fmt: skip
    names, images = list(expected), np.stack(list(expected.values()))
    levels, operations = [], set()
    for image in augmented(280):
        matching = [names[index] for index in np.flatnonzero(close(image, images))]
        assert matching
        operations.add(matching[0][0].split()[0])
        if len(matching) == 1:
            levels.append(matching[0][1])
    assert len(operations) == 14
    assert set(levels) >= {1, 15, LEVELS - 1}
    assert len(set(levels)) > 25


def test_probability_zero_changes_nothing() -> None:
    np.testing.assert_array_equal(augmented(9, prob=0.0)[4], np.float32(IMAGE / 255.0))
