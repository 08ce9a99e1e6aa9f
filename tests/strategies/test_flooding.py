"""Flooding against equation 1 of 2002.08709."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Gradients, Weights
from bench.plugins.registry import find
from strategies.flooding import Flooding
from tests.strategies.moments import moment

WEIGHT = tf.Variable([1.0, -2.0])
WEIGHTS = Weights([WEIGHT], [True], [False], [])


def flooded(objective: tf.Tensor, level: float) -> tf.Tensor:
    return tf.abs(objective - level) + level


def objective() -> tf.Tensor:
    return 0.05 * tf.reduce_sum(tf.square(WEIGHT))


def plain() -> Gradients:
    with tf.GradientTape() as tape:
        loss = objective()
    return Gradients(loss, tape.gradient(loss, [WEIGHT]))


@pytest.mark.parametrize("level", [0.0, 0.2, 0.3, 5.0])
def test_the_gradient_is_that_of_the_flooded_objective_and_the_loss_is_the_plain_one(
    level: float,
) -> None:
    WEIGHT.assign([1.0, -2.0])  # an objective of 0.25
    loss, values = Flooding(level).gradients(WEIGHTS, moment(), plain)
    with tf.GradientTape() as tape:
        whole = flooded(objective(), level)
    np.testing.assert_allclose(values[0], tape.gradient(whole, WEIGHT), rtol=1e-6)
    np.testing.assert_array_equal(loss, objective())


def test_descent_ends_around_the_level() -> None:
    """Figure 1 of the paper: the loss neither falls further nor climbs away."""
    WEIGHT.assign([1.0, -2.0])
    for _ in range(100):
        loss, values = Flooding(0.1).gradients(WEIGHTS, moment(), plain)
        WEIGHT.assign_sub(0.5 * values[0])
    assert float(loss) == pytest.approx(0.1, abs=0.02)


def test_it_stands_inside_sam_and_inside_penalties_on_weights() -> None:
    """SAM climbs the flooded loss, and a penalty is not flooded."""
    ranks = {name: kind.facts.rank for name, kind in find().strategies.items()}
    assert ranks["l2"] < ranks["sam"] == ranks["asam"] < ranks["flooding"]
