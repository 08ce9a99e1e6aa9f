from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Weights
from bench.plugins.registry import find
from strategies.max_norm import MaxNorm, within_norm
from tests.strategies.moments import moment
from tests.tiny import tiny_arm


@pytest.mark.parametrize("shape", [(6, 9), (3, 3, 4, 9)])
def test_the_weights_into_each_unit_are_limited_as_in_keras(shape: tuple[int, ...]) -> None:
    kernel = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    kernel *= np.linspace(0.1, 3.0, 9, dtype=np.float32)
    axes = tuple(range(len(shape) - 1))
    limited = within_norm(tf.constant(kernel), 2.0, axes).numpy()
    reference = keras.constraints.MaxNorm(2.0, axis=list(axes))(kernel)
    np.testing.assert_allclose(limited, reference, rtol=1e-6)
    before, after = (np.sqrt(np.square(k).sum(axes)) for k in (kernel, limited))
    assert (before > 2.0).any()
    assert (before < 2.0).any()
    np.testing.assert_allclose(after, np.minimum(before, 2.0), rtol=1e-5)
    np.testing.assert_array_equal(limited[..., before < 2.0], kernel[..., before < 2.0])


def test_a_unit_without_weights_stays_without() -> None:
    np.testing.assert_array_equal(within_norm(tf.zeros([3, 2]), 1.0, (0,)), np.zeros((3, 2)))


@pytest.mark.parametrize("task", ["cifar10", "imdb", "imdb_transformer"])
def test_after_the_update_every_kernel_is_within_and_nothing_else_changed(task: str) -> None:
    arm = tiny_arm(find().tasks[task])
    arm.reset(0)

    def optimizer(gradients: object) -> None:
        for variable in arm.network.trainable_variables:
            variable.assign(tf.fill(variable.shape, 2.0))

    limited = MaxNorm(1.0)
    limited.update(arm.weights, [], limited.state(arm.weights), moment(), optimizer)
    for variable in arm.network.trainable_variables:
        value = variable.numpy()
        if variable.path.endswith("kernel"):
            norms = np.sqrt(np.square(value).sum(tuple(range(value.ndim - 1))))
            np.testing.assert_allclose(norms, 1.0, rtol=1e-5)
        else:
            np.testing.assert_array_equal(value, 2.0)


def test_the_axes_of_a_unit_are_those_of_its_role() -> None:
    """A depthwise kernel [H, W, in, multiplier] has a unit for each pair of its last two axes."""
    kernel = tf.Variable(np.random.default_rng(0).normal(size=(3, 3, 4, 2)).astype(np.float32))
    weights = Weights([kernel], [True], [False], [], [(0, 1)])
    limited = MaxNorm(0.5)
    limited.update(weights, [], limited.state(weights), moment(), lambda gradients: None)
    np.testing.assert_allclose(np.square(kernel).sum((0, 1)), 0.25, rtol=1e-5)


def test_it_tells_in_which_share_of_the_steps_a_weight_reached_the_limit() -> None:
    kernel = tf.Variable([[3.0], [4.0]])
    weights, limited = Weights([kernel], [True], [False], []), MaxNorm(10.0)
    state = limited.state(weights)
    assert limited.measured(state) == {"acted": 0.0}
    for norm in (5.0, 15.0, 10.0, 5.0):
        kernel.assign([[0.6 * norm], [0.8 * norm]])
        limited.update(weights, [], state, moment(), lambda gradients: None)
    assert limited.measured(state) == {"acted": 0.25}
