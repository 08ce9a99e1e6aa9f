from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Slot
from bench.plugins.registry import find
from strategies.group_norm import GroupNorm
from strategies.weight_standardization import WeightStandardization, standardize
from tests.strategies.arms import eager_step
from tests.tiny import tiny_arm

KERNEL = np.random.default_rng(0).normal(0.3, 0.2, (3, 3, 4, 6)).astype(np.float32)
CIFAR10 = find().tasks["cifar10"]


def test_every_output_channel_has_mean_0_and_variance_1() -> None:
    """Equations 5 to 7 of the paper, channel by channel."""
    kernel = standardize(tf.constant(KERNEL), 1e-5).numpy()
    for channel in range(6):
        raw = KERNEL[..., channel]
        expected = (raw - raw.mean()) / np.sqrt(raw.var() + 1e-5)
        np.testing.assert_allclose(kernel[..., channel], expected, atol=1e-5)


def test_the_gain_is_that_of_the_paper() -> None:
    """Brock et al. 2021: variance 2 / (1 - 1 / pi) / fan-in; their code has 1.7139 for the root."""
    kernel = standardize(tf.constant(KERNEL), 1e-9, "relu").numpy()
    np.testing.assert_allclose(kernel.var((0, 1, 2)), 2 / (1 - 1 / np.pi) / 36, rtol=1e-4)
    np.testing.assert_allclose(kernel.std((0, 1, 2)), 1.7139 / 6, rtol=1e-3)


def test_activations_keep_their_scale_through_many_layers() -> None:
    """With He's gain of 2 the variance would fall to .68 of itself in each layer: to .05 in eight."""
    random = np.random.default_rng(0)
    values = tf.constant(random.normal(size=(256, 512)), tf.float32)
    for _ in range(8):
        kernel = tf.constant(random.normal(size=(512, 512)), tf.float32)
        values = tf.nn.relu(values) @ standardize(kernel, 1e-9, "relu")
    assert float(tf.math.reduce_variance(values)) == pytest.approx(1.0, rel=0.25)


def test_scale_and_shift_of_a_raw_channel_do_not_matter() -> None:
    moved = 3.0 * KERNEL + np.arange(6, dtype=np.float32)
    np.testing.assert_allclose(standardize(moved, 1e-9), standardize(KERNEL, 1e-9), atol=1e-4)


def test_gradients_reach_the_raw_kernel_without_mean_and_scale() -> None:
    kernel, pull = tf.Variable(KERNEL), np.random.default_rng(1).normal(size=KERNEL.shape)

    def total(values: np.ndarray) -> float:
        spread = np.sqrt(values.var((0, 1, 2)) + 1e-5)
        return float(np.sum(pull * (values - values.mean((0, 1, 2))) / spread))

    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(standardize(kernel, 1e-5) * pull)
    gradient = tape.gradient(loss, kernel).numpy()
    for place in [(0, 0, 0, 0), (1, 2, 3, 4), (2, 0, 1, 5)]:
        step = np.zeros(KERNEL.shape)
        step[place] = 1e-5
        slope = (total(KERNEL + step) - total(KERNEL - step)) / 2e-5
        np.testing.assert_allclose(gradient[place], slope, rtol=2e-3)
    np.testing.assert_allclose(gradient.sum((0, 1, 2)), 0, atol=1e-3)


def test_in_an_arm_raw_kernels_learn_and_evaluation_uses_standardized_ones() -> None:
    arm = tiny_arm(CIFAR10, [WeightStandardization()])
    arm.reset(0)
    kernel = arm.network.stem.kernel
    before = kernel.numpy().copy()
    logits = arm.logits(arm.data.test)
    kernel.assign(5.0 * kernel)
    np.testing.assert_allclose(arm.logits(arm.data.test), logits, atol=1e-3)
    kernel.assign(before)
    eager_step(arm)
    assert np.all(np.any(kernel.numpy() != before, axis=(0, 1, 2)))


def test_a_normalization_cancels_the_gain() -> None:
    images = tf.random.stateless_normal([4, 8, 8, 4], [1, 2])
    layer = GroupNorm(2, epsilon=1e-8).normalization(Slot("norm", "map"))
    with_gain, without = (
        layer(tf.nn.conv2d(images, standardize(KERNEL, 1e-5, gain), 1, "SAME"))
        for gain in ("relu", "none")
    )
    np.testing.assert_allclose(with_gain, without, atol=1e-4)
