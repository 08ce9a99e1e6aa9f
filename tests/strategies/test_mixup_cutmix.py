"""One of MixUp and CutMix for each example, as in the recipes of 2110.00476."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Batch
from strategies.cutmix import cutmix
from strategies.mixup import mixup
from strategies.mixup_cutmix import Choice, MixUpCutMix
from tests.strategies.moments import moment

SIZE = 401
KEY = tf.constant([5, 4])
RANDOM = np.random.default_rng(0)
IMAGES = tf.constant(RANDOM.normal(size=(SIZE, 8, 11, 2)), tf.float32)
TARGETS = tf.one_hot(tf.range(SIZE) % 5, 5)
MASK = tf.constant(np.arange(9)[None, :] < RANDOM.integers(1, 10, SIZE)[:, None])
TEXTS = tf.constant(RANDOM.normal(size=(SIZE, 9, 2)), tf.float32)


def same(one: tf.Tensor, other: tf.Tensor) -> np.ndarray:
    """Mark the examples that are the same in both."""
    return (np.asarray(one) == np.asarray(other)).reshape(SIZE, -1).all(axis=1)


@pytest.mark.parametrize("batch", [Batch(IMAGES, None, TARGETS), Batch(TEXTS, MASK, TARGETS)])
def test_each_example_is_what_one_of_the_two_makes_of_the_batch(batch: Batch) -> None:
    drawn = MixUpCutMix().draw(KEY, SIZE)
    result = MixUpCutMix().features(batch, moment()._replace(drawn=drawn))
    blended, cut = mixup(batch, drawn.blended), cutmix(batch, drawn.cut)
    for mine, first, second in zip(result, cut, blended, strict=True):
        if mine is not None:
            cuts = np.asarray(drawn.cuts).reshape(-1, *[1] * (len(mine.shape) - 1))
            np.testing.assert_array_equal(mine, np.where(cuts, first, second))
    assert same(result.values, cut.values).mean() < 0.95
    assert same(result.values, blended.values).mean() < 0.95


def lambdas(drawn: Choice) -> tuple[np.ndarray, np.ndarray]:
    return drawn.blended.share.numpy(), drawn.cut.pairs.share.numpy()


def test_each_has_its_own_alpha_and_its_own_numbers() -> None:
    drawn = MixUpCutMix(mixup_alpha=0.3, cutmix_alpha=2.0).draw(KEY, 4_000)
    blended, cut = lambdas(drawn)
    assert stats.kstest(blended, stats.beta(0.3, 0.3).cdf).pvalue > 1e-3
    assert stats.kstest(cut, stats.beta(2.0, 2.0).cdf).pvalue > 1e-3
    numbers = np.c_[blended, cut, drawn.cut.center, drawn.cuts.numpy()]
    np.testing.assert_allclose(np.corrcoef(numbers.T) - np.eye(5), 0.0, atol=0.05)


@pytest.mark.parametrize("switch", [0.2, 0.5])
def test_the_switch_is_the_share_of_cutmix(switch: float) -> None:
    drawn = MixUpCutMix(switch=switch).draw(KEY, 4_000)
    assert drawn.cuts.numpy().mean() == pytest.approx(switch, abs=0.03)


def test_prob_is_the_share_of_the_examples_that_are_mixed() -> None:
    drawn = MixUpCutMix(prob=0.3).draw(KEY, 4_000)
    share = np.where(drawn.cuts, *reversed(lambdas(drawn)))
    assert (share < 1).mean() == pytest.approx(0.3, abs=0.03)


def test_a_batch_shares_one_choice_and_one_lambda() -> None:
    choices = []
    for seed in range(40):
        drawn = MixUpCutMix(per="batch").draw(tf.constant([seed, 1]), 6)
        assert all(len(np.unique(v)) == 1 for v in (drawn.cuts, *lambdas(drawn)))
        choices.append(bool(drawn.cuts[0]))
    assert 8 < sum(choices) < 32
