"""Gradient centralization against equations 1 and 2 of 2004.01461."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Weights
from bench.plugins.registry import find
from strategies.gradient_centralization import GradientCentralization, centralized
from tests.strategies.moments import moment
from tests.tiny import tiny_arm


@pytest.mark.parametrize("shape", [(6, 5), (3, 3, 2, 5)])
def test_it_is_the_projection_of_the_paper(shape: tuple[int, ...]) -> None:
    """P = I - e e^T with e = 1 / sqrt(M), for the M weights into each of the 5 units."""
    gradient = np.random.default_rng(0).normal(size=shape)
    flat = gradient.reshape(-1, 5)
    e = np.full((len(flat), 1), len(flat) ** -0.5)
    expected = (np.eye(len(flat)) - e @ e.T) @ flat
    ours = centralized(tf.constant(gradient), 1.0, tuple(range(len(shape) - 1)))
    np.testing.assert_allclose(np.reshape(ours, flat.shape), expected, atol=1e-12)


def test_the_axes_of_a_unit_are_those_of_its_role() -> None:
    """A depthwise kernel [H, W, in, multiplier] has a unit for each pair of its last two axes."""
    gradient = tf.constant(np.random.default_rng(0).normal(size=(3, 3, 4, 2)).astype(np.float32))
    weights = Weights([tf.Variable(gradient)], [True], [False], [], [(0, 1)])
    results: list[tf.Tensor] = []
    GradientCentralization().update(weights, [gradient], [], moment(), results.extend)
    np.testing.assert_allclose(np.mean(results[0], (0, 1)), 0.0, atol=1e-6)


@pytest.mark.parametrize("task", ["cifar10", "imdb"])
def test_it_acts_on_all_kernels_and_on_nothing_else(task: str) -> None:
    arm = tiny_arm(find().tasks[task])
    random = np.random.default_rng(0)
    gradients = [tf.constant(1 + random.random(w.shape), tf.float32) for w in arm.weights.trainable]
    results: list[tf.Tensor] = []
    GradientCentralization().update(arm.weights, gradients, [], moment(), results.extend)
    for variable, before, after in zip(
        arm.network.trainable_variables, gradients, results, strict=True
    ):
        if variable.path.endswith("kernel"):
            means = np.mean(after, tuple(range(len(after.shape) - 1)))
            np.testing.assert_allclose(means, 0.0, atol=1e-5)
        else:
            np.testing.assert_array_equal(after, before)


def test_clipping_and_noise_come_before_it() -> None:
    ranks = {name: kind.facts.rank for name, kind in find().strategies.items()}
    clipping = ranks["gradient_clipping"], ranks["adaptive_gradient_clipping"]
    assert max(clipping) < ranks["gradient_noise"] < ranks["gradient_centralization"]
