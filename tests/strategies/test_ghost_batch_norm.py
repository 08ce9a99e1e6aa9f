from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Slot
from bench.plugins.registry import find
from strategies._layers import ghost_sizes
from strategies.ghost_batch_norm import GhostBatchNorm
from tests.tiny import tiny_arm

IMAGES = np.random.default_rng(0).normal(3.0, 2.0, (8, 5, 6, 4)).astype(np.float32)
TEXTS = np.random.default_rng(1).normal(3.0, 2.0, (8, 7, 4)).astype(np.float32)
MASK = tf.sequence_mask([7, 1, 3, 5, 2, 6, 4, 7], 7)


def ghost(size: int, kind: str = "map") -> keras.layers.Layer:
    return GhostBatchNorm(size).normalization(Slot("norm", kind))


def reference() -> keras.layers.Layer:
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8, 32])
def test_ghosts_are_what_batch_norm_makes_of_parts_of_the_batch(size: int) -> None:
    """And the moving averages take in the parts one after another, as in algorithm 1."""
    layer, keras_layer = ghost(size), reference()
    values = layer(IMAGES, training=True)
    length = {3: 4, 5: 8}.get(size, size)  # as torch.chunk(8 // size) of the authors' code
    parts = [IMAGES[i : i + length] for i in range(0, 8, length)]
    expected = np.concatenate([keras_layer(part, training=True) for part in parts])
    np.testing.assert_allclose(values, expected, atol=2e-6)
    np.testing.assert_allclose(layer.moving_mean, keras_layer.moving_mean, rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, keras_layer.moving_variance, rtol=1e-6)
    np.testing.assert_allclose(layer(IMAGES), keras_layer(IMAGES), atol=2e-6)


def test_padding_is_left_out_of_the_statistics() -> None:
    layer, keras_layer = ghost(4, "sequence"), reference()
    values = layer(TEXTS, mask=MASK, training=True)
    parts = [keras_layer(TEXTS[s], mask=MASK[s], training=True) for s in (slice(4), slice(4, 8))]
    np.testing.assert_allclose(values, np.concatenate(parts), atol=2e-6)
    np.testing.assert_allclose(layer.moving_variance, keras_layer.moving_variance, rtol=1e-6)


def test_scale_and_shift_learn() -> None:
    layer = ghost(4)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(IMAGES, training=True) * IMAGES)
    gamma, beta = tape.gradient(total, [v.value for v in layer.trainable_variables])
    assert np.all(np.abs(gamma) > 0)
    np.testing.assert_allclose(beta, IMAGES.sum((0, 1, 2)), rtol=1e-5)


@pytest.mark.parametrize(
    ("batch", "size", "sizes"),
    [(100, 32, [34, 34, 32]), (7, 2, [3, 3, 1]), (64, 32, [32, 32]), (8, 32, [8]), (33, 32, [33])],
)
def test_a_size_that_does_not_divide_the_batch_gives_fewer_larger_ghosts(
    batch: int, size: int, sizes: list[int]
) -> None:
    assert ghost_sizes(batch, size) == sizes


def test_a_smaller_last_ghost_has_its_own_statistics_without_its_padding() -> None:
    layer, keras_layer = ghost(2, "sequence"), reference()
    values = layer(TEXTS[:7], mask=MASK[:7], training=True)
    parts = [
        keras_layer(TEXTS[s], mask=MASK[s], training=True)
        for s in (slice(3), slice(3, 6), slice(6, 7))
    ]
    np.testing.assert_allclose(values, np.concatenate(parts), atol=2e-6)
    np.testing.assert_allclose(layer.moving_mean, keras_layer.moving_mean, rtol=1e-6)


def test_recalibration_finds_the_statistics_of_the_ghosts() -> None:
    arm = tiny_arm(find().tasks["cifar10"], [GhostBatchNorm(4, momentum=0.5)])
    arm.reset(0)
    stem = arm.network.stem_norm
    seen = []
    for batch in range(2):
        rows = tf.range(8) + 8 * batch
        features = arm.network.embed(arm.batch(rows).values)
        x = tf.nn.conv2d(features, arm.network.stem.kernel.value, 1, "SAME")
        first, last = (tf.reduce_mean(x[s], [0, 1, 2]) for s in (slice(4), slice(4, 8)))
        seen.append((0.25 * first + 0.5 * last) / 0.75)
    arm.recalibrate(2)
    np.testing.assert_allclose(stem.moving_mean, tf.add_n(seen) / 2, atol=1e-5)
