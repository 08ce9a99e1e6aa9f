from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Gradients, Weights
from strategies.gradient_clipping import GradientClipping, clip
from tests.strategies.moments import moment

GRADIENTS = [tf.constant([[3.0, 0.0], [0.0, 4.0]]), tf.constant([12.0])]
"""Their common norm is 13."""


@pytest.mark.parametrize("limit", [1.0, 12.9, 20.0])
def test_it_agrees_with_tensorflow(limit: float) -> None:
    expected, _ = tf.clip_by_global_norm(GRADIENTS, limit)
    for our, their in zip(clip(GRADIENTS, limit), expected, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-6)


def test_all_gradients_are_scaled_together() -> None:
    clipped = clip(GRADIENTS, 2.0)
    assert float(tf.linalg.global_norm(clipped)) == pytest.approx(2.0)
    np.testing.assert_allclose(clipped[1] / clipped[0][0, 0], [4.0], rtol=1e-6)


@pytest.mark.parametrize("limit", [13.1, 1e9])
def test_gradients_within_the_limit_stay_bit_for_bit(limit: float) -> None:
    random = tf.random.stateless_uniform([100], [1, 2]) * 0.1
    np.testing.assert_array_equal(clip([random], limit)[0], random)


def test_no_gradient_stays_no_gradient() -> None:
    np.testing.assert_array_equal(clip([tf.zeros([3])], 1.0)[0], np.zeros(3))


def test_the_objective_is_left_alone() -> None:
    weights = Weights([], [], [], [])
    loss, values = GradientClipping(1.0).gradients(
        weights, moment(), lambda: Gradients(tf.constant(5.0), GRADIENTS)
    )
    assert float(loss) == 5.0
    assert float(tf.linalg.global_norm(values)) == pytest.approx(1.0)
