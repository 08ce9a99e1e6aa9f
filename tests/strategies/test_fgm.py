"""FGM against equations 3 to 6 of 1605.07725."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from bench import Batch, LossResult
from strategies.fgm import Fgm, perturbation
from tests.strategies.moments import moment

RANDOM = np.random.default_rng(0)
VALUES = (RANDOM.normal(size=(3, 5, 4)) * 0.2 + 0.1).astype(np.float32)
MASK = np.arange(5)[None, :] < np.array([2, 5, 3])[:, None]
TARGETS = tf.one_hot([0, 1, 0], 2)
KERNEL = RANDOM.normal(size=(4, 2)).astype(np.float32)


def test_its_norm_over_a_text_is_epsilon_standard_deviations() -> None:
    gradient = RANDOM.normal(size=VALUES.shape).astype(np.float32) * 1e-4
    moved = perturbation(tf.constant(VALUES), tf.constant(MASK), tf.constant(gradient), 5.0).numpy()
    sigma = VALUES[MASK].std()
    np.testing.assert_allclose(np.sqrt((moved**2).sum(axis=(1, 2))), 5.0 * sigma, rtol=1e-5)
    assert (moved[~MASK] == 0).all()
    kept = gradient * MASK[..., None]
    cosine = (moved * kept).sum(axis=(1, 2)) / (np.sqrt((kept**2).sum(axis=(1, 2))) * 5.0 * sigma)
    np.testing.assert_allclose(cosine, 1.0, rtol=1e-5)


def test_it_grows_with_the_embeddings() -> None:
    """So that large embeddings are no way out: the paper normalizes them for that."""
    gradient = tf.constant(RANDOM.normal(size=VALUES.shape).astype(np.float32))
    once, tenfold = (
        perturbation(tf.constant(scale * VALUES), tf.constant(MASK), gradient, 1.0)
        for scale in (1.0, 10.0)
    )
    np.testing.assert_allclose(10 * once, tenfold, rtol=1e-5)


def test_no_gradient_means_no_perturbation() -> None:
    moved = perturbation(tf.constant(VALUES), tf.constant(MASK), tf.zeros_like(VALUES), 5.0)
    assert (moved.numpy() == 0).all()


def losses_of(values: tf.Tensor, kernel: tf.Tensor) -> LossResult:
    there = tf.constant(MASK, tf.float32)[..., None]
    logits = tf.matmul(tf.reduce_sum(tf.tanh(values) * there, axis=1), kernel)
    losses = tf.nn.softmax_cross_entropy_with_logits(TARGETS, logits)
    return LossResult(losses, logits, TARGETS)


def test_the_loss_is_the_mean_of_clean_and_adversarial_and_the_perturbation_a_constant() -> None:
    kernel, values = tf.Variable(KERNEL), tf.constant(VALUES)
    batch = Batch(values, tf.constant(MASK), TARGETS)
    with tf.GradientTape() as tape:
        outcome = Fgm(2.0).loss(batch, moment(), lambda b: losses_of(b.values, kernel))
        objective = tf.reduce_mean(outcome.losses)
    ours = tape.gradient(objective, kernel)
    with tf.GradientTape() as tape:
        tape.watch(values)
        clean = losses_of(values, kernel).losses
    moved = perturbation(values, batch.mask, tape.gradient(clean, values), 2.0)
    with tf.GradientTape() as tape:
        adversarial = losses_of(values + moved, kernel).losses
        both = 0.5 * (losses_of(values, kernel).losses + adversarial)
    np.testing.assert_allclose(outcome.losses, both, rtol=1e-6)
    np.testing.assert_allclose(ours, tape.gradient(both, kernel) / 3, rtol=1e-5)
    assert (adversarial > clean).numpy().all()
