"""ASAM against algorithm 1 of 2102.11600, on a quadratic whose gradients are known."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Gradients, Weights
from strategies.asam import Asam
from tests.strategies.moments import moment
from tests.strategies.quadratic import CURVATURE, START, Quadratic


@pytest.mark.parametrize(("rho", "eta"), [(0.5, 0.01), (2.0, 0.3)])
def test_the_step_is_rho_t_squared_g_over_the_norm_of_t_g(rho: float, eta: float) -> None:
    model = Quadratic()
    loss, values = Asam(rho, eta).gradients(model.weights, moment(), model)
    gradients = [a * w for a, w in zip(CURVATURE, START, strict=True)]
    scales = [np.ones_like(START[0]), np.abs(START[1]) + eta]  # a bias and a kernel
    relative = [t * g for t, g in zip(scales, gradients, strict=True)]
    norm = np.sqrt(sum((r**2).sum() for r in relative))
    for w, t, g, a, seen, value in zip(
        START, scales, gradients, CURVATURE, model.seen[1], values, strict=True
    ):
        worst = w + rho * t**2 * g / norm
        np.testing.assert_allclose(seen, worst, rtol=1e-6)
        np.testing.assert_allclose(value, a * worst, rtol=1e-6)
    plain = Quadratic()
    np.testing.assert_array_equal(loss, plain().loss)
    np.testing.assert_array_equal(model.average, plain.average)
    for weight, start in zip(model.variables, START, strict=True):
        np.testing.assert_array_equal(weight, start)


@pytest.mark.parametrize("factor", [3.0, 0.2])
def test_it_sees_no_scale_that_two_layers_exchange(factor: float) -> None:
    """The paper's definition 1: the worst loss of w1 w2 is that of (c w1) (w2 / c)."""

    def worst_loss(first: float, second: float) -> float:
        pair = [tf.Variable([[first]]), tf.Variable([[second]])]
        losses = []

        def differentiate() -> Gradients:
            with tf.GradientTape() as tape:
                loss = tf.square(pair[0][0, 0] * pair[1][0, 0] - 3.0)
            losses.append(float(loss))
            return Gradients(loss, tape.gradient(loss, pair))

        weights = Weights(pair, [True, True], [False, False], [])
        Asam(0.5, eta=0.0).gradients(weights, moment(), differentiate)
        return losses[1]

    expected = worst_loss(1.0, 2.0)
    assert worst_loss(factor, 2.0 / factor) == pytest.approx(expected, rel=1e-5)
    assert expected > 1.0


def test_radius_zero_and_a_vanished_gradient_give_the_plain_gradient() -> None:
    vanished = (0 * START[0], 0 * START[1])
    for start, rho in ((START, 0.0), (vanished, 0.5)):
        model, plain = Quadratic(start), Quadratic(start)
        ours = Asam(rho).gradients(model.weights, moment(), model).values
        for our, their in zip(ours, plain().values, strict=True):
            np.testing.assert_array_equal(our, their)
