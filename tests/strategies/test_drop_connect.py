"""DropConnect against Wan et al. 2013, section 3: y = x (W M) + b with one Bernoulli mask."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Pass, Slot
from bench.core.strategy import TaskFacts, applicability
from bench.plugins.registry import find
from strategies.drop_connect import DropConnect
from tests.strategies.arms import eager_step
from tests.strategies.moments import moment
from tests.tiny import tiny_arm

TASKS = find().tasks
KERNEL = tf.constant(np.random.default_rng(0).normal(size=(80, 50)), tf.float32)
DENSE = Slot("head", "dense")


def used(rate: float, seed: int = 0) -> np.ndarray:
    return np.asarray(DropConnect(rate).kernel(DENSE, KERNEL, (), moment(seed=seed)))


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
def test_each_weight_is_dropped_at_the_rate_and_the_mean_is_kept(rate: float) -> None:
    kernel = used(rate)
    there = kernel != 0
    deviation = np.sqrt(rate * (1 - rate) / there.size)
    assert abs(there.mean() - (1 - rate)) < 5 * deviation
    np.testing.assert_allclose(kernel, KERNEL * there / (1 - rate), rtol=1e-6)
    # Weight by weight, not unit by unit: no row and no column is all of one kind.
    assert 0 < there.mean(axis=0).min() <= there.mean(axis=0).max() < 1
    assert 0 < there.mean(axis=1).min() <= there.mean(axis=1).max() < 1


def test_at_rate_0_it_is_the_kernel_bit_for_bit() -> None:
    np.testing.assert_array_equal(used(0.0), KERNEL)


def test_another_key_is_another_mask() -> None:
    np.testing.assert_array_equal(used(0.5), used(0.5))
    assert np.mean((used(0.5) != 0) == (used(0.5, seed=1) != 0)) == pytest.approx(0.5, abs=0.05)


def test_evaluation_and_convolutions_have_their_own_kernels() -> None:
    assert DropConnect().kernel(DENSE, KERNEL, (), None) is KERNEL
    assert DropConnect().kernel(Slot("stem", "convolution"), KERNEL, (), moment()) is KERNEL


def test_all_examples_of_a_pass_have_one_mask_and_the_bias_stays() -> None:
    layer = keras.layers.Dense(50, bias_initializer="normal")
    layer.build([None, 80])
    layer.kernel.assign(KERNEL)
    flow = Pass([DropConnect()], None, moment_of=lambda strategy, purpose: moment())
    outputs = np.asarray(flow.dense(layer, tf.ones([3, 80])))
    np.testing.assert_allclose(outputs[0], used(0.5).sum(0) + layer.bias, atol=1e-4)
    np.testing.assert_array_equal(outputs, outputs[:1].repeat(3, 0))


def test_in_an_arm_kept_weights_learn_and_evaluation_is_the_baselines() -> None:
    """Weights that a step drops get no gradient, and Adam leaves them where they are."""
    arm = tiny_arm(TASKS["cifar10"], [DropConnect()])
    arm.reset(0)
    before = arm.network.head.kernel.numpy()
    logits = arm.logits(arm.data.test)
    baseline = tiny_arm(TASKS["cifar10"])
    baseline.reset(0)
    np.testing.assert_array_equal(logits, baseline.logits(baseline.data.test))
    eager_step(arm)
    moved = arm.network.head.kernel.numpy() != before
    assert 0.2 < moved.mean() < 0.8
    assert np.any(arm.logits(arm.data.test) != logits)


def test_a_network_without_slots_at_dense_layers_is_not_applicable() -> None:
    convolutions = TaskFacts("mine", "image", 3, {"kernel": ("convolution",)})
    reason = applicability(DropConnect(), convolutions)
    assert reason == "mine has no dense layer with a kernel slot"
    wrapped = TaskFacts("mine", "image", 3, {})
    assert applicability(DropConnect(), wrapped) == "mine has no kernel slot"
