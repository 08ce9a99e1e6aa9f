"""The confidence penalty against the formulas of 1701.06548."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy import stats
from scipy.special import softmax

from bench import Batch, LossResult
from strategies.confidence_penalty import ConfidencePenalty, entropy
from tests.strategies.moments import moment

LOGITS = np.random.default_rng(0).normal(size=(5, 4)) * 3


def test_it_subtracts_beta_times_the_entropy() -> None:
    targets = tf.one_hot([0, 1, 2, 3, 0], 4)
    losses = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])
    outcome = ConfidencePenalty(0.3).loss(
        Batch(tf.zeros([5, 2]), None, targets),
        moment(),
        lambda batch: LossResult(losses, tf.constant(LOGITS, tf.float32), batch.targets),
    )
    expected = losses.numpy() - 0.3 * stats.entropy(softmax(LOGITS, axis=-1), axis=-1)
    np.testing.assert_allclose(outcome.losses, expected, rtol=1e-5)


def test_the_gradient_is_that_of_section_3() -> None:
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        total = entropy(logits)
    p = softmax(LOGITS, axis=-1)
    expected = p * (-np.log(p) - stats.entropy(p, axis=-1)[:, None])
    np.testing.assert_allclose(tape.gradient(total, logits), expected, atol=1e-10)


def test_certain_predictions_have_no_entropy_and_a_finite_gradient() -> None:
    logits = tf.constant([[1000.0, 0.0, -1000.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = entropy(logits)
    assert float(value[0]) == 0.0
    assert np.isfinite(tape.gradient(value, logits)).all()
