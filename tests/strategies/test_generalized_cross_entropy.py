"""Generalized cross-entropy against equation 6 of 1805.07836."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from strategies.generalized_cross_entropy import GeneralizedCrossEntropy, lq_loss
from tests.strategies.loss_results import HARD, LOGITS, SOFT, gradient, slopes, staged


def formula(targets: np.ndarray, logits: np.ndarray, q: float) -> np.ndarray:
    return (targets * (1 - softmax(logits, axis=-1) ** q) / q).sum(axis=-1)


@pytest.mark.parametrize("targets", [SOFT, HARD], ids=["soft", "one-hot"])
@pytest.mark.parametrize("q", [0.1, 0.7, 1.0])
def test_losses_and_gradients_are_those_of_the_formula(q: float, targets: np.ndarray) -> None:
    labels, exact = tf.constant(targets), tf.constant(q, tf.float64)
    losses = lq_loss(labels, tf.constant(LOGITS), exact)
    np.testing.assert_allclose(losses, formula(targets, LOGITS, q), rtol=1e-9)
    found = gradient(lambda z: lq_loss(labels, z, exact), LOGITS)
    np.testing.assert_allclose(found, slopes(lambda z: formula(targets, z, q), LOGITS), atol=1e-8)


def test_the_gradient_is_that_of_the_cross_entropy_times_p_to_the_q() -> None:
    """Section 3.2 of the paper, for a label without doubt."""
    p = softmax(LOGITS, axis=-1)
    expected = (p * HARD).sum(axis=-1, keepdims=True) ** 0.7 * (p - HARD)
    found = gradient(lambda z: lq_loss(tf.constant(HARD), z, tf.constant(0.7, tf.float64)), LOGITS)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_at_1_it_is_half_the_absolute_error() -> None:
    error = np.abs(softmax(LOGITS, axis=-1) - HARD).sum(axis=-1)
    losses = staged(GeneralizedCrossEntropy(1.0), LOGITS, HARD).losses
    np.testing.assert_allclose(losses, error / 2, rtol=1e-4, atol=1e-6)


def test_toward_0_it_becomes_the_cross_entropy() -> None:
    """In single precision too, where 1 - p^q would have no digit left."""
    cross_entropy = -(SOFT * log_softmax(LOGITS, axis=-1)).sum(axis=-1)
    for q in (1e-6, 0.0):
        losses = staged(GeneralizedCrossEntropy(q), LOGITS, SOFT).losses
        np.testing.assert_allclose(losses, cross_entropy, rtol=1e-4)


@pytest.mark.parametrize("q", [0.0, 0.01, 0.7, 1.0])
def test_certain_predictions_have_finite_losses_and_gradients(q: float) -> None:
    logits, targets = np.array([[200.0, 0.0], [0.0, 200.0]], np.float32), np.eye(2)[[0, 0]]
    targets = tf.constant(targets, tf.float32)
    assert np.isfinite(lq_loss(targets, tf.constant(logits), q)).all()
    assert np.isfinite(gradient(lambda z: lq_loss(targets, z, q), logits)).all()
