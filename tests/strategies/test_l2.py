from __future__ import annotations

import numpy as np
import tensorflow as tf

from bench import Gradients, Weights
from bench.plugins.registry import find
from strategies.batch_norm import BatchNorm
from strategies.l2 import L2, penalty
from tests.strategies.moments import moment
from tests.tiny import tiny_arm

KERNEL = tf.Variable(tf.random.stateless_normal([4, 3], [1, 2]))
BIAS = tf.Variable(tf.ones([3]))


def test_the_penalty_is_half_the_sum_of_squares() -> None:
    expected = 0.3 / 2 * np.sum(np.square(KERNEL.numpy()))
    np.testing.assert_allclose(penalty([KERNEL], 0.3), expected, rtol=1e-6)


def test_objective_and_gradient_are_those_of_the_penalized_loss() -> None:
    data = tf.random.stateless_normal([5, 4], [3, 4])

    def loss() -> tf.Tensor:
        return tf.reduce_sum(tf.square(data @ KERNEL + BIAS))

    def plain() -> Gradients:
        with tf.GradientTape() as tape:
            value = loss()
        return Gradients(value, tape.gradient(value, [KERNEL, BIAS]))

    weights = Weights([KERNEL, BIAS], [True, False], [False, False], [])
    ours = L2(0.3).gradients(weights, moment(), plain)
    with tf.GradientTape() as tape:
        whole = loss() + 0.15 * tf.reduce_sum(tf.square(KERNEL))
    expected = tape.gradient(whole, [KERNEL, BIAS])
    np.testing.assert_allclose(ours.loss, whole, rtol=1e-6)
    for our, their in zip(ours.values, expected, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-6)


def test_scales_and_biases_are_not_penalized() -> None:
    arm = tiny_arm(find().tasks["cifar10"], [BatchNorm()])
    zeros = [tf.zeros(v.shape) for v in arm.weights.trainable]
    pulled = L2(1.0).gradients(arm.weights, moment(), lambda: Gradients(tf.constant(0.0), zeros))
    for variable, gradient in zip(arm.network.trainable_variables, pulled.values, strict=True):
        if variable.path.endswith("kernel"):
            np.testing.assert_array_equal(gradient, variable.value)
        else:
            np.testing.assert_array_equal(gradient, tf.zeros(variable.shape))
