"""R-Drop against equations 2 to 4 of 2106.14448."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import softmax

from bench import Batch, Loss, LossResult, Moment, Slot, TaskFacts
from bench.core.strategy import clash
from bench.plugins.registry import find
from strategies.dropout import Dropout
from strategies.r_drop import RDrop, symmetric_divergence
from tests.strategies.arms import eager_step
from tests.strategies.moments import moment
from tests.tiny import tiny_arm

RANDOM = np.random.default_rng(0)
FIRST, SECOND = RANDOM.normal(size=(2, 5, 3)) * 2
TARGETS = np.eye(3, dtype=np.float32)[[0, 1, 2, 1, 0]]


def test_the_loss_is_half_the_papers() -> None:
    passes = []

    def rest(batch: Batch) -> LossResult:
        logits = tf.constant([FIRST, SECOND][len(passes)], tf.float32)
        passes.append(batch)
        losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, logits)
        return LossResult(losses, logits, batch.targets)

    batch = Batch(tf.constant(RANDOM.normal(size=(5, 7))), None, tf.constant(TARGETS))
    outcome = RDrop(alpha=0.7).loss(batch, moment(), rest)
    p, q = softmax(FIRST, axis=-1), softmax(SECOND, axis=-1)
    likelihood = -(TARGETS * (np.log(p) + np.log(q))).sum(axis=-1)
    divergence = (stats.entropy(p, q, axis=-1) + stats.entropy(q, p, axis=-1)) / 2
    np.testing.assert_allclose(outcome.losses, (likelihood + 0.7 * divergence) / 2, rtol=1e-5)
    # Two passes over the batch itself, none over a doubled one.
    assert len(passes) == 2
    assert all(seen.values is batch.values for seen in passes)


def test_it_drops_vectors_and_sequences_but_no_maps() -> None:
    strategy = RDrop(rate=0.4, sequence_rate=0.2)
    vector = strategy.noise(Slot("pooled", "vector"), tf.ones([200, 100]), moment())
    sequence = strategy.noise(Slot("lstm", "sequence"), tf.ones([200, 10, 10]), moment())
    fmap = strategy.noise(Slot("block", "map"), tf.ones([2, 3, 3, 4]), moment())
    assert abs(float(tf.reduce_mean(tf.cast(vector == 0, tf.float32))) - 0.4) < 0.015
    assert abs(float(tf.reduce_mean(tf.cast(sequence == 0, tf.float32))) - 0.2) < 0.015
    np.testing.assert_allclose(tf.reduce_max(vector), 1 / 0.6, rtol=1e-6)
    assert (fmap.numpy() == 1).all()


class Apart(RDrop):
    """A strategy that trains on the divergence alone, so that the objective shows it."""

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        first, second = rest(batch), rest(batch)
        return first._replace(losses=symmetric_divergence(first.logits, second.logits))


@pytest.mark.parametrize(("rate", "differ"), [(0.0, False), (0.5, True)])
def test_the_two_passes_have_different_masks(rate: float, differ: bool) -> None:
    arm = tiny_arm(find().tasks["cifar10"], [Apart(rate=rate)])
    arm.reset(0)
    assert (eager_step(arm) > 1e-6) == differ


def test_it_says_where_it_has_nothing_to_drop() -> None:
    facts = TaskFacts("maps", "image", 2, {"noise": ("map",)})
    assert "vector" in str(RDrop().applies(facts))


def test_it_is_not_stacked_with_dropout_which_would_drop_twice() -> None:
    for order in ((RDrop(), Dropout()), (Dropout(), RDrop())):
        assert "drop out the same values" in (clash(order) or "")
