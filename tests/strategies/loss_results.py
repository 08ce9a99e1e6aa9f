"""A loss of known logits and soft targets, for the `loss` stages, and numeric gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from bench import Batch, LossResult, Strategy
from tests.strategies.moments import moment

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(6, 4)) * 3
SOFT = RANDOM.dirichlet(np.ones(4), size=6)
HARD = np.eye(4)[[0, 1, 2, 3, 0, 1]]


def staged(strategy: Strategy, logits: np.ndarray, targets: np.ndarray) -> LossResult:
    """Return the result of the `loss` stage for a network with some logits.

    The targets are those after the network; the batch has others.
    """
    z, y = tf.constant(logits, tf.float32), tf.constant(targets, tf.float32)

    def network(batch: Batch) -> LossResult:
        return LossResult(tf.nn.softmax_cross_entropy_with_logits(y, z), z, y)

    batch = Batch(tf.zeros([len(logits), 2]), None, tf.one_hot([0] * len(logits), logits.shape[1]))
    return strategy.loss(batch, moment(), network)


def slopes(formula: Callable[[np.ndarray], np.ndarray], logits: np.ndarray) -> np.ndarray:
    """Return the derivatives of losses [B] by logits [B, K], from central differences."""
    steps = 1e-6 * np.eye(logits.shape[1])
    columns = [(formula(logits + step) - formula(logits - step)) / 2e-6 for step in steps]
    return np.stack(columns, axis=1)


def gradient(loss: Callable[[tf.Tensor], tf.Tensor], logits: np.ndarray) -> np.ndarray:
    """Return TensorFlow's gradient of losses by logits, in the precision of the logits."""
    z = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(z)
        losses = loss(z)
    return tape.gradient(losses, z).numpy()
