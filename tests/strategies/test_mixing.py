"""Partners and shares: the distribution of lambda, and the examples that share one."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import UsageError
from bench.core.strategy import clash
from bench.plugins.registry import find
from strategies._mixing import Pairs, beta, blend, pairs

KEY = tf.constant([3, 5])
SIZE = 20_000


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 4.0])
def test_lambda_is_distributed_as_beta(alpha: float) -> None:
    drawn = beta(KEY, SIZE, alpha).numpy().astype(float)
    # Near 0 and 1 float32 has ties that the continuous distribution lacks; 1e-6 is far from both.
    inner = drawn[(drawn > 1e-6) & (drawn < 1 - 1e-6)]
    low, high = stats.beta(alpha, alpha).cdf([1e-6, 1 - 1e-6])
    between = stats.kstest(inner, lambda x: (stats.beta(alpha, alpha).cdf(x) - low) / (high - low))
    assert between.pvalue > 0.01
    assert stats.binomtest(int((drawn <= 1e-6).sum()), SIZE, low).pvalue > 0.01
    assert np.mean(drawn) == pytest.approx(0.5, abs=0.015)
    assert np.var(drawn) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)


def test_the_test_above_can_tell_uniform_from_beta() -> None:
    """The bug of tensorflow/models issue 13490: uniform whatever alpha is."""
    uniform = beta(KEY, SIZE, 1.0).numpy()
    assert stats.kstest(uniform, stats.beta(0.2, 0.2).cdf).pvalue < 1e-6


def test_each_example_has_its_own_lambda_or_the_batch_has_one() -> None:
    assert len(np.unique(pairs(KEY, 64, 1.0, "example", 1.0).share)) == 64
    assert len(np.unique(pairs(KEY, 64, 1.0, "batch", 1.0).share)) == 1


def test_partners_are_a_permutation_that_the_key_decides() -> None:
    first, again = pairs(KEY, 64, 1.0, "example", 1.0), pairs(KEY, 64, 1.0, "example", 1.0)
    other = pairs(KEY + 1, 64, 1.0, "example", 1.0)
    assert sorted(first.partners.numpy()) == list(range(64))
    assert first.partners.numpy().tolist() == again.partners.numpy().tolist()
    assert first.partners.numpy().tolist() != other.partners.numpy().tolist()
    assert not np.intersect1d(first.share, other.share).size


def test_lambda_does_not_depend_on_the_partner() -> None:
    """Nor does the partner's lambda on the example."""
    share, partners = (t.numpy() for t in pairs(KEY, 4_000, 1.0, "example", 1.0)[::-1])
    for lambdas, others in ((share, share[partners]), (share, partners), (share[partners], None)):
        order = np.arange(4_000) if others is None else others
        assert stats.spearmanr(lambdas, order).pvalue > 0.01


@pytest.mark.parametrize("per", ["example", "batch"])
def test_prob_is_the_share_that_is_mixed(per: str) -> None:
    shares = np.array([pairs(tf.constant([i, 0]), 8, 1.0, per, 0.25).share for i in range(400)])
    draws = shares.reshape(-1) if per == "example" else shares[:, 0]
    assert stats.binomtest(int((draws < 1.0).sum()), len(draws), 0.25).pvalue > 0.01
    assert (pairs(KEY, 64, 1.0, per, 0.0).share.numpy() == 1.0).all()
    assert (pairs(KEY, 64, 1.0, per, 1.0).share.numpy() < 1.0).all()


def test_folding_lambda_changes_no_example_s_distribution() -> None:
    """max(lambda, 1 - lambda), as some write MixUp: every blend is as frequent as before."""
    examples = tf.constant([1.0, 10.0, 100.0, 1000.0])

    def blends(lambdas: list[float]) -> np.ndarray:
        made = [
            blend(examples, Pairs(tf.constant(order), tf.fill([4], share)))
            for order in permutations(range(4))
            for share in lambdas
        ]
        return np.sort(np.concatenate(made))

    drawn = [0.1, 0.3, 0.7, 0.9]  # as likely as their mirror images, like Beta(a, a)
    folded = [max(share, 1 - share) for share in drawn]
    np.testing.assert_allclose(blends(drawn), blends(folded), rtol=1e-6)
    assert not np.allclose(blends(drawn), blends([0.5, *drawn[1:]]), rtol=1e-6)


def test_unfolded_an_example_may_be_the_larger_part_of_two_blends_or_of_none() -> None:
    """Folding does change the examples that lead within one batch."""
    drawn = pairs(KEY, 64, 1.0, "example", 1.0)
    leading = np.where(drawn.share.numpy() >= 0.5, np.arange(64), drawn.partners.numpy())
    assert 32 < len(set(leading)) < 60


@pytest.mark.parametrize("dtype", ["int64", "uint16", "uint8"])
def test_whole_numbers_are_refused(dtype: str) -> None:
    """Lambda would be cast to 0: every input its partner, while the labels blend."""
    images = tf.constant(np.full((2, 4), 200), dtype)
    with pytest.raises(UsageError, match=f"needs floating-point values and got {dtype}"):
        blend(images, Pairs(tf.constant([1, 0]), tf.constant([0.5, 0.5])))


def test_techniques_that_mix_every_example_are_not_stacked() -> None:
    for pair in combinations(("cutmix", "manifold_mixup", "mixup"), 2):
        reason = clash([find().strategies[name]() for name in pair])
        assert reason is not None
        assert "mixes every example" in reason
