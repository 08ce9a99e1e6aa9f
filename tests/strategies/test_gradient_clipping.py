from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Weights
from strategies.gradient_clipping import GradientClipping, clip
from tests.strategies.moments import moment

GRADIENTS = [tf.constant([[3.0, 0.0], [0.0, 4.0]]), tf.constant([12.0])]
"""Their common norm is 13."""


def clipped(gradients: list[tf.Tensor], limit: float) -> list[tf.Tensor]:
    return clip(gradients, tf.linalg.global_norm(gradients), limit)


@pytest.mark.parametrize("limit", [1.0, 12.9, 20.0])
def test_it_agrees_with_tensorflow(limit: float) -> None:
    expected, _ = tf.clip_by_global_norm(GRADIENTS, limit)
    for our, their in zip(clipped(GRADIENTS, limit), expected, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-6)


def test_all_gradients_are_scaled_together() -> None:
    both = clipped(GRADIENTS, 2.0)
    assert float(tf.linalg.global_norm(both)) == pytest.approx(2.0)
    np.testing.assert_allclose(both[1] / both[0][0, 0], [4.0], rtol=1e-6)


@pytest.mark.parametrize("limit", [13.1, 1e9])
def test_gradients_within_the_limit_stay_bit_for_bit(limit: float) -> None:
    random = tf.random.stateless_uniform([100], [1, 2]) * 0.1
    np.testing.assert_array_equal(clipped([random], limit)[0], random)


def test_no_gradient_stays_no_gradient() -> None:
    np.testing.assert_array_equal(clipped([tf.zeros([3])], 1.0)[0], np.zeros(3))


def test_the_optimizer_gets_the_clipped_gradients_and_the_record_the_share_of_such_steps() -> None:
    strategy, weights = GradientClipping(13.0), Weights([], [], [], [])
    state = strategy.state(weights)
    norms = []
    for scale in (0.5, 2.0, 1.0, 0.1):
        gradients = [scale * gradient for gradient in GRADIENTS]
        strategy.update(
            weights, gradients, state, moment(), lambda g: norms.append(tf.linalg.global_norm(g))
        )
    np.testing.assert_allclose(norms, [6.5, 13.0, 13.0, 1.3], rtol=1e-6)
    assert strategy.measured(state) == {"acted": 0.25}
