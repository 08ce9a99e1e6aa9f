"""The focal loss against equation 4 of 1708.02002."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from bench import Batch, LossResult
from strategies.focal_loss import FocalLoss, focal_cross_entropy
from tests.strategies.moments import moment

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(6, 4)) * 3
SOFT = RANDOM.dirichlet(np.ones(4), size=6)


def formula(targets: np.ndarray, logits: np.ndarray, gamma: float) -> np.ndarray:
    log_p = log_softmax(logits, axis=-1)
    return -(targets * (1 - np.exp(log_p)) ** gamma * log_p).sum(axis=-1)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("targets", [SOFT, np.eye(4)[[0, 1, 2, 3, 0, 1]]], ids=["soft", "one-hot"])
def test_losses_and_gradients_are_those_of_the_formula(gamma: float, targets: np.ndarray) -> None:
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = focal_cross_entropy(tf.constant(targets), logits, gamma)
    np.testing.assert_allclose(losses, formula(targets, LOGITS, gamma), rtol=1e-9)
    numeric = np.zeros_like(LOGITS)
    for k in range(4):
        step = 1e-6 * np.eye(4)[k]
        difference = formula(targets, LOGITS + step, gamma) - formula(targets, LOGITS - step, gamma)
        numeric[:, k] = difference / 2e-6
    np.testing.assert_allclose(tape.gradient(losses, logits), numeric, atol=1e-7)


def test_an_example_at_p_0_9_counts_a_hundredth_at_gamma_2() -> None:
    """The number that the paper gives, section 3.2."""
    logits, targets = tf.math.log([[0.9, 0.1]]), tf.constant([[1.0, 0.0]])
    ratio = focal_cross_entropy(targets, logits, 0.0) / focal_cross_entropy(targets, logits, 2.0)
    np.testing.assert_allclose(ratio, 100, rtol=1e-4)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_a_certain_prediction_has_a_finite_gradient(gamma: float) -> None:
    logits, targets = tf.constant([[200.0, 0.0], [0.0, 200.0]]), tf.constant([[1.0, 0.0]] * 2)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = focal_cross_entropy(targets, logits, gamma)
    assert np.isfinite(tape.gradient(losses, logits)).all()


def test_it_takes_the_targets_that_the_network_left() -> None:
    outcome = LossResult(
        tf.zeros([6]), tf.constant(LOGITS, tf.float32), tf.constant(SOFT, tf.float32)
    )
    batch = Batch(tf.zeros([6, 2]), None, tf.one_hot([0] * 6, 4))
    losses = FocalLoss().loss(batch, moment(), lambda _: outcome).losses
    np.testing.assert_allclose(losses, formula(SOFT, LOGITS, 2.0), rtol=1e-4)
