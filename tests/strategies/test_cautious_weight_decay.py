"""Cautious weight decay against the update rule of 2510.12402, with Adam in NumPy."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from bench import Weights
from strategies.cautious_weight_decay import CautiousWeightDecay, same_way
from tests.strategies.moments import moment

RATE, DECAY, STEPS = 0.3, 0.5, 6
RANDOM = np.random.default_rng(0)
START = RANDOM.normal(size=(6, 5))
GRADIENTS = RANDOM.normal(size=(STEPS, 6, 5))


def masked_adamw(weight: np.ndarray, decay: float) -> np.ndarray:
    """Compute w <- w - eta (u + lambda 1[u w >= 0] w), where u is Adam's update."""
    mean, square = np.zeros_like(weight), np.zeros_like(weight)
    for t, gradient in enumerate(GRADIENTS, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        u = (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-7)
        weight = weight - RATE * (u + decay * (u * weight >= 0) * weight)
    return weight


def test_it_is_adamw_with_the_mask_of_the_paper() -> None:
    """A bias is not decayed. Large steps carry weights across 0, where old and new weight differ."""
    ours = [keras.Variable(START.astype(np.float32)) for _ in range(2)]
    adam = keras.optimizers.Adam(RATE)
    adam.build(ours)
    weights = Weights([v.value for v in ours], [True, False], [False, False], [])
    for gradient in GRADIENTS:
        both = [tf.constant(gradient, tf.float32)] * 2
        CautiousWeightDecay(DECAY).update(
            weights, both, [], moment(rate=RATE),
            lambda g: adam.apply_gradients(zip(g, ours, strict=True)),
        )  # fmt: skip
    for variable, decay in zip(ours, (DECAY, 0.0), strict=True):
        np.testing.assert_allclose(variable, masked_adamw(START, decay), rtol=1e-3, atol=1e-3)
    assert not np.allclose(masked_adamw(START, DECAY), masked_adamw(START, 0.0), atol=0.05)


def test_updates_toward_zero_and_no_update_decay() -> None:
    before = tf.constant([1.0, 1.0, -1.0, -1.0, 0.5, 1e-30])
    after = tf.constant([0.9, 1.1, -1.1, -0.9, 0.5, 2e-30])
    np.testing.assert_array_equal(same_way(before, after), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
