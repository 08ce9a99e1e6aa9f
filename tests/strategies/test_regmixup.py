"""RegMixup against equation 3 of 2206.14502."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from bench import Batch, LossResult
from strategies.regmixup import RegMixUp
from tests.strategies.moments import key, moment

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.normal(size=(6, 4, 5, 3)).astype(np.float32)
TARGETS = np.eye(3, dtype=np.float32)[[0, 1, 2, 1, 0, 2]]
KERNEL = RANDOM.normal(size=(60, 3)).astype(np.float32)


def predicted(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1) @ KERNEL


def cross_entropy(values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return -(targets * log_softmax(predicted(values), axis=-1)).sum(axis=-1)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0, 4.0])
def test_the_loss_is_the_papers_over_one_plus_eta(eta: float) -> None:
    passes: list[Batch] = []

    def rest(batch: Batch) -> LossResult:
        passes.append(batch)
        logits = tf.reshape(batch.values, [6, -1]) @ KERNEL
        losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, logits)
        return LossResult(losses, logits, batch.targets)

    strategy = RegMixUp(eta=eta)
    drawn = strategy.draw(key(), 6)
    batch = Batch(tf.constant(VALUES), None, tf.constant(TARGETS))
    outcome = strategy.loss(batch, moment()._replace(drawn=drawn), rest)
    share, partners = drawn.share.numpy(), drawn.partners.numpy()
    wide = share[:, None, None, None]
    blends = wide * VALUES + (1 - wide) * VALUES[partners]
    labels = share[:, None] * TARGETS + (1 - share[:, None]) * TARGETS[partners]
    expected = (cross_entropy(VALUES, TARGETS) + eta * cross_entropy(blends, labels)) / (1 + eta)
    np.testing.assert_allclose(outcome.losses, expected, rtol=1e-5)
    assert passes[0] is batch, "the first pass sees the examples as they are"
    np.testing.assert_array_equal(outcome.targets, TARGETS)
    np.testing.assert_allclose(outcome.logits, predicted(VALUES), rtol=1e-5, atol=1e-5)


def test_every_example_is_blended_by_a_lambda_of_its_own_near_one_half() -> None:
    share = RegMixUp().draw(key(), 4_000).share.numpy()
    assert len(np.unique(share)) > 3_900
    assert share.mean() == pytest.approx(0.5, abs=0.01)
    assert share.var() == pytest.approx(1 / (4 * (2 * 10 + 1)), rel=0.1), "of Beta(10, 10)"
    assert len(np.unique(RegMixUp(per="batch").draw(key(), 50).share)) == 1
