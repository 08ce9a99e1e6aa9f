"""Batch, layer and instance normalization against NumPy, for images and for masked text."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Parts, Pass, Slot, Strategy
from bench.training.variables import assign
from strategies.batch_norm import BatchNorm
from strategies.instance_norm import InstanceNorm
from strategies.layer_norm import LayerNorm

RANDOM = np.random.default_rng(0)
IMAGES = (3 * RANDOM.normal(size=(6, 5, 4, 8)) + 2).astype(np.float32)
TEXTS = (3 * RANDOM.normal(size=(6, 7, 8)) + 2).astype(np.float32)
MASK = np.arange(7)[None, :] < np.array([1, 2, 7, 5, 3, 7])[:, None]
MAP, SEQUENCE = Slot("block_norm", "map"), Slot("lstm_norm", "sequence")
SCALE = (1 + RANDOM.random(8)).astype(np.float32)
SHIFT = RANDOM.normal(size=8).astype(np.float32)


def output(
    strategy: Strategy, values: np.ndarray, mask: np.ndarray | None = None, training: bool = True
) -> np.ndarray:
    """Return a slot's output as a network gets it, with a scale and a shift a channel."""
    return filled(strategy, SEQUENCE if values.ndim == 3 else MAP, values)(values, mask, training)


def filled(strategy: Strategy, slot: Slot, values: np.ndarray) -> Any:
    layer = Parts([strategy], seed=0).normalization(slot)
    assert layer is not None
    layer.build(values.shape)
    layer.gamma.assign(SCALE)
    layer.beta.assign(SHIFT)

    def run(values: np.ndarray, mask: np.ndarray | None, training: bool) -> np.ndarray:
        flow = Pass([], None if mask is None else tf.constant(mask), training=training)
        return flow.normalize(layer, tf.constant(values)).numpy()

    run.layer = layer  # type: ignore[attr-defined]
    return run


def normalized(values: np.ndarray, axes: tuple[int, ...], epsilon: float = 1e-3) -> np.ndarray:
    mean, variance = values.mean(axes, keepdims=True), values.var(axes, keepdims=True)
    return SCALE * (values - mean) / np.sqrt(variance + epsilon) + SHIFT


AXES = [(BatchNorm, (0, 1, 2)), (LayerNorm, (1, 2, 3)), (InstanceNorm, (1, 2))]


@pytest.mark.parametrize(("kind", "axes"), AXES)
def test_images_are_normalized_over_the_axes_of_the_paper(
    kind: type[Strategy], axes: tuple[int, ...]
) -> None:
    expected = normalized(IMAGES.astype(np.float64), axes)
    np.testing.assert_allclose(output(kind(), IMAGES), expected, atol=5e-6)


@pytest.mark.parametrize(("kind", "axes"), AXES)
def test_epsilon_is_the_one_that_was_set(kind: type[Strategy], axes: tuple[int, ...]) -> None:
    expected = normalized(IMAGES.astype(np.float64), axes, epsilon=0.1)
    np.testing.assert_allclose(output(kind(epsilon=0.1), IMAGES), expected, atol=5e-6)


def test_text_batch_norm_is_over_the_unmasked_positions_of_the_batch() -> None:
    found = output(BatchNorm(), TEXTS, MASK)
    np.testing.assert_allclose(found[MASK], normalized(TEXTS[MASK], (0,)), atol=5e-6)


def test_text_layer_norm_is_over_the_features_of_each_position() -> None:
    found = output(LayerNorm(), TEXTS, MASK)
    np.testing.assert_allclose(found, normalized(TEXTS, (2,)), atol=5e-6)


def test_text_instance_norm_is_over_the_unmasked_positions_of_each_example() -> None:
    found = output(InstanceNorm(), TEXTS, MASK)
    for text, mask, values in zip(TEXTS, MASK, found, strict=True):
        np.testing.assert_allclose(values[mask], normalized(text[mask], (0,)), atol=5e-6)


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm, InstanceNorm])
@pytest.mark.parametrize("training", [True, False])
def test_padding_changes_nothing(kind: type[Strategy], training: bool) -> None:
    other = np.where(MASK[..., None], TEXTS, 1e3).astype(np.float32)
    longer = np.concatenate([TEXTS, TEXTS[:, :2]], axis=1)
    mask = np.concatenate([MASK, np.zeros((6, 2), bool)], axis=1)
    expected = output(kind(), TEXTS, MASK, training)[MASK]
    np.testing.assert_allclose(output(kind(), other, MASK, training)[MASK], expected, atol=1e-5)
    np.testing.assert_allclose(output(kind(), longer, mask, training)[mask], expected, atol=1e-5)


def test_padding_does_not_reach_the_moving_averages() -> None:
    other = np.where(MASK[..., None], TEXTS, 1e3).astype(np.float32)
    averages = []
    for values in (TEXTS, other):
        run = filled(BatchNorm(momentum=0.5), SEQUENCE, values)
        run(values, MASK, True)
        averages.append((run.layer.moving_mean.numpy(), run.layer.moving_variance.numpy()))
    np.testing.assert_allclose(averages[0], averages[1], rtol=1e-5)
    np.testing.assert_allclose(averages[0][0], 0.5 * TEXTS[MASK].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(averages[0][1], 0.5 + 0.5 * TEXTS[MASK].var(axis=0), rtol=1e-5)


def test_the_fused_kernel_trains_as_the_layer_of_keras_does() -> None:
    """Outputs, gradients and moving averages of three steps, and the kernel itself."""
    ours = filled(BatchNorm(), MAP, IMAGES).layer
    theirs = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3)
    theirs.build(IMAGES.shape)
    assign(theirs.trainable_variables, ours.trainable_variables)

    def step(layer: Any) -> Any:
        @tf.function
        def train(values: tf.Tensor) -> list[tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(values)
                output = layer(values, training=True)
                loss = tf.reduce_sum(output**3)
            sources = [values, *(v.value for v in layer.trainable_variables)]
            return [output, *tape.gradient(loss, sources)]

        return train

    mine, reference = step(ours), step(theirs)
    for number in range(3):
        values = tf.constant(IMAGES * (number + 1) + number)
        for a, b in zip(mine(values), reference(values), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.abs(b).max())
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    graph = mine.get_concrete_function(tf.constant(IMAGES)).graph
    assert "FusedBatchNormV3" in {operation.type for operation in graph.get_operations()}


def test_batch_norm_evaluates_with_its_moving_averages() -> None:
    run = filled(BatchNorm(momentum=0.9), MAP, IMAGES)
    for _ in range(200):
        run(IMAGES, None, True)
    np.testing.assert_allclose(run(IMAGES[:1], None, False), run(IMAGES, None, True)[:1], atol=1e-4)


@pytest.mark.parametrize("kind", [LayerNorm, InstanceNorm])
def test_an_example_is_normalized_by_itself_in_training_and_evaluation(
    kind: type[Strategy],
) -> None:
    for values, mask in ((IMAGES, None), (TEXTS, MASK)):
        together = output(kind(), values, mask)
        alone = output(kind(), values[2:3], None if mask is None else mask[2:3], training=False)
        np.testing.assert_allclose(together[2:3], alone, atol=1e-6)


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm, InstanceNorm])
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_statistics_of_large_activations_do_not_overflow(
    kind: type[Strategy], precision: str
) -> None:
    for slot, values, mask in ((MAP, IMAGES, None), (SEQUENCE, TEXTS, tf.constant(MASK))):
        half = Parts([kind()], seed=0, precision=precision).normalization(slot)
        full = Parts([kind()], seed=0).normalization(slot)
        assert half is not None and full is not None  # noqa: PT018
        large = tf.constant(values * 5e3, half.compute_dtype)
        flow = Pass([], mask, training=True)
        found = flow.normalize(half, large)
        expected = flow.normalize(full, tf.cast(large, tf.float32))
        assert found.dtype == half.compute_dtype
        np.testing.assert_allclose(tf.cast(found, tf.float32), expected, rtol=0.01, atol=0.01)


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm, InstanceNorm])
def test_a_scale_and_a_shift_a_channel_are_learned(kind: type[Strategy]) -> None:
    for slot, values in ((MAP, IMAGES), (SEQUENCE, TEXTS)):
        layer = filled(kind(), slot, values).layer
        assert sorted(tuple(v.shape) for v in layer.trainable_variables) == [(8,), (8,)]
