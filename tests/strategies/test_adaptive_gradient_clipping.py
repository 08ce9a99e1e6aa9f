"""Adaptive gradient clipping against equation 3 of 2102.06171."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Weights
from bench.plugins.registry import find
from strategies.adaptive_gradient_clipping import AdaptiveGradientClipping
from tests.strategies.moments import moment
from tests.tiny import tiny_arm

RANDOM = np.random.default_rng(0)
SHAPES = ((3, 3, 2, 5), (5,), (7, 4), (4, 3), (3,))
"""A convolution with its bias, an embedding, and the layer of the logits."""
UNITS: tuple[tuple[int, ...] | None, ...] = ((0, 1, 2), None, (1,))
"""Axes of a unit; None for the whole vector."""


def made() -> tuple[Weights, list[tf.Tensor]]:
    """Return weights and gradients, of units within and beyond a limit of 0.1."""
    values = [RANDOM.normal(size=shape).astype(np.float32) for shape in SHAPES]
    values[1][:] = 0.0
    gradients = [0.1 * RANDOM.normal(size=shape).astype(np.float32) for shape in SHAPES]
    gradients[0] *= np.linspace(0.1, 3.0, 5, dtype=np.float32)
    gradients[2] *= np.linspace(0.0, 3.0, 7, dtype=np.float32)[:, None]
    variables = [tf.Variable(value) for value in values]
    decayed, tables = [True, False, True, True, False], [False, False, True, False, False]
    inputs = [(0, 1, 2), (), (), (0,), ()]
    heads = [False, False, False, True, True]
    weights = Weights(variables, decayed, tables, [], inputs, heads)
    return weights, [tf.constant(gradient) for gradient in gradients]


def formula(gradient: np.ndarray, weight: np.ndarray, axes: tuple[int, ...] | None) -> np.ndarray:
    """Return g_i lambda |w_i|* / |g_i| if |g_i| / |w_i|* > lambda, else g_i; |w|* is at least .001."""
    norm = np.sqrt(np.square(gradient).sum(axes, keepdims=True))
    size = np.maximum(np.sqrt(np.square(weight).sum(axes, keepdims=True)), 1e-3)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(norm / size > 0.1, 0.1 * size / norm * gradient, gradient)


def clipped(weights: Weights, gradients: list[tf.Tensor], limit: float) -> list[np.ndarray]:
    strategy, results = AdaptiveGradientClipping(limit), []
    strategy.update(weights, gradients, strategy.state(weights), moment(), results.extend)
    return [result.numpy() for result in results]


def test_each_unit_is_clipped_by_its_own_weights_and_the_head_never() -> None:
    weights, gradients = made()
    results = clipped(weights, gradients, 0.1)
    for result, gradient, weight, axes in zip(
        results, gradients, weights.trainable, UNITS, strict=False
    ):
        np.testing.assert_allclose(
            result, formula(gradient.numpy(), weight.numpy(), axes), rtol=1e-5
        )
    for result, gradient in zip(results[3:], gradients[3:], strict=True):
        np.testing.assert_array_equal(result, gradient)
    kept = [
        (r == g.numpy()).all(axes) for r, g, axes in zip(results, gradients, UNITS, strict=False)
    ]
    assert [bool(k.any()) for k in (kept[0], kept[2])] == [True, True]
    assert [bool(k.all()) for k in kept] == [False, False, False]


def test_units_within_the_limit_stay_bit_for_bit() -> None:
    weights, gradients = made()
    for result, gradient in zip(clipped(weights, gradients, 1e9), gradients, strict=True):
        np.testing.assert_array_equal(result, gradient)


def test_the_record_has_the_share_of_the_units() -> None:
    kernel = tf.Variable([[1.0, 1.0, 1.0, 1.0]])
    weights = Weights([kernel], [True], [False], [], [(0,)], [False])
    strategy = AdaptiveGradientClipping(0.5)
    state = strategy.state(weights)
    assert strategy.measured(state) == {"clipped": 0.0}
    for values in ([0.4, 0.5, 0.6, 7.0], [0.1, 0.1, 0.1, 9.0]):
        strategy.update(weights, [tf.constant([values])], state, moment(), lambda gradients: None)
    assert strategy.measured(state) == {"clipped": pytest.approx(0.375)}


def test_in_a_network_the_layer_of_the_logits_is_left_alone() -> None:
    arm = tiny_arm(find().task("cifar10"))
    large = [tf.fill(w.shape, 100.0) for w in arm.weights.trainable]
    results = clipped(arm.weights, large, 0.01)
    for variable, result in zip(arm.network.trainable_variables, results, strict=True):
        assert (result == 100.0).all() == ("/head/" in variable.path), variable.path
