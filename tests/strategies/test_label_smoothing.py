"""Label smoothing against section 7 of 1512.00567 and Keras's loss."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Batch, LossResult, Moment
from strategies._mixing import Pairs
from strategies.label_smoothing import LabelSmoothing, smooth
from strategies.mixup import mixup

LOGITS = tf.constant(np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32))
TARGETS = tf.one_hot([0, 3, 1, 2, 2, 0], 4)
MOMENT = Moment(tf.constant([0, 0]), tf.constant(0), tf.constant(0.0), tf.constant(0.1))


def cross_entropy(batch: Batch) -> LossResult:
    losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, LOGITS)
    return LossResult(losses, LOGITS, batch.targets)


def test_the_values_of_the_paper() -> None:
    np.testing.assert_allclose(smooth(tf.one_hot([1], 2), 0.2), [[0.1, 0.9]], atol=1e-7)
    ten = smooth(tf.one_hot([0], 10), 0.2)
    np.testing.assert_allclose(ten[0, :2], [0.82, 0.02], atol=1e-7)


@pytest.mark.parametrize("smoothing", [0.1, 0.37])
def test_the_loss_is_that_of_keras_smoothed_once(smoothing: float) -> None:
    outcome = LabelSmoothing(smoothing=smoothing).loss(
        Batch(LOGITS, None, TARGETS), MOMENT, cross_entropy
    )
    reference = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=None
    )
    np.testing.assert_allclose(outcome.losses, reference(TARGETS, LOGITS), atol=1e-6)


def test_smoothed_targets_and_a_smoothing_loss_smooth_twice() -> None:
    """Once 0.1 and once more is 0.19, not 0.1: the chapter's two ways are alternatives."""
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.1, reduction=None
    )
    both = loss(smooth(TARGETS, 0.1), LOGITS)
    plain = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)
    np.testing.assert_allclose(both, plain(smooth(TARGETS, 0.19), LOGITS), atol=1e-6)
    assert not np.allclose(both, loss(TARGETS, LOGITS), atol=1e-3)


def test_targets_stay_a_distribution() -> None:
    np.testing.assert_allclose(tf.reduce_sum(smooth(TARGETS, 0.3), axis=1), 1.0, atol=1e-6)


def test_smoothing_and_mixing_commute() -> None:
    pairs = Pairs(tf.constant([3, 2, 1, 0, 5, 4]), tf.constant([0.1, 0.5, 0.9, 0.3, 0.0, 1.0]))
    first = mixup(Batch(LOGITS, None, smooth(TARGETS, 0.2)), pairs).targets
    last = smooth(mixup(Batch(LOGITS, None, TARGETS), pairs).targets, 0.2)
    np.testing.assert_allclose(first, last, atol=1e-6)


def test_no_smoothing_leaves_the_bits() -> None:
    np.testing.assert_array_equal(smooth(TARGETS, tf.constant(0.0)), TARGETS)
