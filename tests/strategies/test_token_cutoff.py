"""Token cutoff against the objective of 2009.13818, section 3."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import jensenshannon
from scipy.special import log_softmax, softmax

from bench import Batch, LossResult
from strategies.token_cutoff import TokenCutoff, divergence, left
from tests.strategies.moments import key, moment

LENGTHS = np.random.default_rng(0).integers(0, 31, 600)
MASK = np.arange(30)[None, :] < LENGTHS[:, None]
RANDOM = np.random.default_rng(0)
CLEAN, CUT = RANDOM.normal(size=(2, 5, 3)) * 2
TARGETS = np.eye(3)[[0, 1, 2, 1, 0]]


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.7])
def test_exactly_the_ratio_of_the_tokens_goes_and_every_token_as_often(ratio: float) -> None:
    stays = left(tf.constant(MASK), ratio, key()).numpy()
    cut = MASK & ~stays
    expected = np.floor(np.round(ratio * LENGTHS, 6))
    np.testing.assert_array_equal(cut.sum(axis=1), expected)
    np.testing.assert_array_equal(cut, ~stays)
    longest = cut[LENGTHS >= 25][:, :25].mean(axis=0)
    np.testing.assert_allclose(longest, longest.mean(), atol=0.15)
    assert len(np.unique(stays[LENGTHS == 30], axis=0)) == np.sum(LENGTHS == 30)


def test_the_divergence_is_that_of_jensen_and_shannon() -> None:
    expected = jensenshannon(softmax(CLEAN, -1), softmax(CUT, -1), axis=-1) ** 2
    logits = [tf.constant(values, tf.float32) for values in (CLEAN, CUT)]
    np.testing.assert_allclose(divergence(*logits), expected, rtol=1e-4)
    far = divergence(tf.constant([[500.0, 0.0]]), tf.constant([[0.0, 500.0]]))
    np.testing.assert_allclose(far, np.log(2.0), rtol=1e-6)
    same = tf.cast(logits[0], tf.float16)
    np.testing.assert_allclose(divergence(same, same), 0.0, atol=1e-6)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.5, 2.0), (0.0, 0.0)])
def test_the_loss_is_the_papers_over_one_plus_alpha(alpha: float, beta: float) -> None:
    passes: list[Batch] = []

    def rest(batch: Batch) -> LossResult:
        logits = tf.constant([CLEAN, CUT][len(passes)], tf.float32)
        passes.append(batch)
        losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, logits)
        return LossResult(losses, logits, batch.targets)

    mask = tf.sequence_mask([20, 10, 20, 3, 20], 20)
    values = tf.constant(RANDOM.normal(size=(5, 20, 4)), tf.float32)
    batch = Batch(values, mask, tf.constant(TARGETS, tf.float32))
    outcome = TokenCutoff(0.2, alpha, beta).loss(batch, moment(), rest)
    likelihood = [-(TARGETS * log_softmax(logits, -1)).sum(-1) for logits in (CLEAN, CUT)]
    apart = jensenshannon(softmax(CLEAN, -1), softmax(CUT, -1), axis=-1) ** 2
    expected = (likelihood[0] + alpha * likelihood[1] + beta * apart) / (1 + alpha)
    np.testing.assert_allclose(outcome.losses, expected, rtol=1e-5)
    np.testing.assert_array_equal(outcome.logits, CLEAN.astype(np.float32))
    first, second = passes
    assert first.values is values
    np.testing.assert_array_equal(second.mask, mask)
    gone = (second.values.numpy() == 0).all(axis=-1)
    np.testing.assert_array_equal(gone.sum(axis=1), [4, 2, 4, 0, 4])
    np.testing.assert_array_equal(second.values.numpy()[~gone], values.numpy()[~gone])


def test_both_predictions_move_toward_each_other() -> None:
    logits = [tf.Variable(values, dtype=tf.float32) for values in (CLEAN, CUT)]
    passes: list[Batch] = []

    def rest(batch: Batch) -> LossResult:
        passes.append(batch)
        return LossResult(tf.zeros([5]), tf.identity(logits[len(passes) - 1]), batch.targets)

    batch = Batch(tf.ones([5, 9, 2]), tf.ones([5, 9], tf.bool), tf.constant(TARGETS, tf.float32))
    with tf.GradientTape() as tape:
        apart = tf.reduce_sum(TokenCutoff(0.2).loss(batch, moment(), rest).losses)
    for gradient in tape.gradient(apart, logits):
        assert (np.abs(gradient).max(axis=1) > 1e-3).all()
