from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Slot
from strategies.stochastic_depth import StochasticDepth, drop_branch
from tests.strategies.moments import key, moment

SHAPE = (1000, 2, 2, 3)


def test_an_example_has_its_whole_branch_or_none_of_it() -> None:
    branch = tf.random.stateless_normal(SHAPE, [1, 2]).numpy()
    added = drop_branch(tf.zeros(SHAPE), tf.constant(branch), 0.25, key()).numpy()
    gone = np.all(added == 0, axis=(1, 2, 3))
    assert gone.mean() == pytest.approx(0.25, abs=0.05)
    np.testing.assert_allclose(added[~gone], branch[~gone] / 0.75, rtol=1e-6)


def test_the_expectation_is_what_evaluation_adds() -> None:
    shortcut, branch = tf.fill([20_000, 1, 1, 1], 5.0), tf.fill([20_000, 1, 1, 1], 2.0)
    assert float(tf.reduce_mean(drop_branch(shortcut, branch, 0.5, key()))) == pytest.approx(
        7.0, abs=0.06
    )


@pytest.mark.parametrize("depth", [0.25, 0.5, 1.0])
def test_the_rate_grows_linearly_to_its_last_value(depth: float) -> None:
    slot = Slot("block", "map", depth)
    ones = tf.ones([4000, 1, 1, 1])
    merged = StochasticDepth(0.4).merge(slot, tf.zeros_like(ones), ones, moment()).numpy()
    assert np.mean(merged == 0) == pytest.approx(0.4 * depth, abs=0.03)
    assert merged.max() == pytest.approx(1 / (1 - 0.4 * depth), rel=1e-6)


def test_a_dropped_branch_learns_nothing_and_its_shortcut_does() -> None:
    shortcut, branch = tf.Variable(tf.ones(SHAPE)), tf.Variable(tf.ones(SHAPE))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(drop_branch(shortcut, branch, 0.5, key()))
    past, through = tape.gradient(total, [shortcut, branch])
    assert set(np.unique(through)) == {0.0, 2.0}
    np.testing.assert_array_equal(past, np.ones(SHAPE))
