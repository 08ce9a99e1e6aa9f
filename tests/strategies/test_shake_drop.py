"""ShakeDrop against the equation of 1802.02375, with its mean factor divided out."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Slot
from strategies.shake_drop import ShakeDrop, add_shaken, factors, shaken
from tests.strategies.moments import key, moment

SHAPE = (4_000, 2, 3)
BRANCH = tf.random.stateless_normal(SHAPE, [1, 2])


def drawn(rate: float, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    forward, backward = factors(tf.constant(count), rate, key())
    return forward.numpy(), backward.numpy()


def test_forward_and_backward_have_their_own_factor() -> None:
    branch = tf.Variable([[1.0, -2.0], [3.0, 4.0]])
    forward, backward = tf.constant([[-0.5], [1.0]]), tf.constant([[0.25], [2.0]])
    with tf.GradientTape() as tape:
        result = shaken(tf.convert_to_tensor(branch), forward, backward)
        total = tf.reduce_sum(result * [[1.0, 10.0], [1.0, 1.0]])
    np.testing.assert_allclose(result, [[-0.5, 1.0], [3.0, 4.0]])
    np.testing.assert_allclose(tape.gradient(total, branch), [[0.25, 2.5], [2.0, 2.0]])


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_a_share_of_the_branches_is_disturbed_by_uniform_factors(rate: float) -> None:
    forward, backward = (factor * (1 - rate) for factor in drawn(rate))
    whole = np.isclose(forward, 1.0, atol=1e-6) & np.isclose(backward, 1.0, atol=1e-6)
    assert whole.mean() == pytest.approx(1 - rate, abs=0.015)
    alpha, beta = forward[~whole], backward[~whole]
    assert stats.kstest(alpha, stats.uniform(-1, 2).cdf).pvalue > 1e-3
    assert stats.kstest(beta, stats.uniform(0, 1).cdf).pvalue > 1e-3
    assert abs(stats.spearmanr(alpha, beta).statistic) < 0.05


def test_the_mean_is_what_evaluation_adds() -> None:
    """And the mean gradient is p + (1 - p) / 2 of it over p, as in the paper."""
    forward, backward = drawn(0.5, 100_000)
    assert forward.mean() == pytest.approx(1.0, abs=0.015)
    assert backward.mean() == pytest.approx((0.5 + 0.25) / 0.5, abs=0.015)


def test_whether_a_branch_is_disturbed_says_nothing_of_its_factors() -> None:
    """Each draw has its own key: small alphas would follow from a shared one."""
    forward, backward = (factor * 0.7 for factor in drawn(0.3))
    disturbed = ~np.isclose(forward, 1.0, atol=1e-6)
    assert forward[disturbed].max() > 0.95
    assert backward[disturbed].max() > 0.95


def test_an_example_has_one_factor_of_its_own() -> None:
    ratio = (add_shaken(tf.zeros(SHAPE), BRANCH, 0.5, key()) / BRANCH).numpy().reshape(4_000, -1)
    np.testing.assert_allclose(ratio, np.repeat(ratio[:, :1], 6, axis=1), rtol=1e-3, atol=1e-4)
    assert len(np.unique(ratio[:, 0].round(4))) > 1_000


def test_the_shortcut_is_left_alone() -> None:
    shortcut, branch = tf.Variable(tf.ones(SHAPE)), tf.Variable(BRANCH)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(add_shaken(shortcut, branch, 0.5, key()))
    past, through = tape.gradient(total, [shortcut, branch])
    np.testing.assert_array_equal(past, np.ones(SHAPE))
    backward = factors(tf.constant(SHAPE[0]), 0.5, key())[1]
    np.testing.assert_allclose(through[:, 0, 0], backward, rtol=1e-6)


@pytest.mark.parametrize("depth", [0.25, 0.5, 1.0])
def test_the_rate_grows_linearly_with_depth(depth: float) -> None:
    ones = tf.ones([8_000, 1])
    slot = Slot("block", "vector", depth)
    merged = ShakeDrop(0.4).merge(slot, tf.zeros_like(ones), ones, moment()).numpy()
    rate = 0.4 * depth
    whole = np.isclose(merged, 1 / (1 - rate), rtol=1e-5)
    assert whole.mean() == pytest.approx(1 - rate, abs=0.02)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_half_precision_is_disturbed_as_full_precision_is(dtype: tf.DType) -> None:
    half, zeros = tf.cast(BRANCH, dtype), tf.zeros(SHAPE)
    result = add_shaken(tf.cast(zeros, dtype), half, 0.5, key())
    assert result.dtype == dtype
    exact = tf.cast(add_shaken(zeros, tf.cast(half, tf.float32), 0.5, key()), dtype)
    np.testing.assert_array_equal(tf.cast(result, tf.float32), tf.cast(exact, tf.float32))
