from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import tensorflow as tf

from bench import Facts, Moment, Paper, Slot, Strategy
from bench.core.recipe import changed
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from strategies.stochastic_depth import StochasticDepth, drop_branch
from tests.strategies.arms import eager_step
from tests.strategies.moments import key, moment
from tests.tiny import tiny_data, tiny_recipe

SHAPE = (1000, 2, 2, 3)
TASKS = [name for name, task in find().tasks.items() if task.facts.offers.get("merge")]
DEEPER = {"widths": (4, 8, 8), "layers": 3}
MET: list[Slot] = []


@dataclass(frozen=True)
class Witness(Strategy):
    """A strategy that notes the slots where residual branches join."""

    facts = Facts(
        "witness", "probe", Paper("Nobody", 2000, "-"), "notes slots", "x + f(x)",
        ("image", "text"), "free", "it changes nothing",
    )  # fmt: skip

    def merge(
        self, slot: Slot, shortcut: tf.Tensor, branch: tf.Tensor, moment: Moment
    ) -> tf.Tensor:
        MET.append(slot)
        return shortcut + branch


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


@pytest.mark.parametrize("task", TASKS)
def test_block_l_of_a_network_is_at_depth_l_of_all(task: str) -> None:
    """Equation 4: the first block survives more often than the last, and none is at depth 0."""
    tiny = tiny_recipe(find().tasks[task])
    deeper = {name: value for name, value in DEEPER.items() if hasattr(tiny, name)}
    recipe = changed(tiny, deeper, task)
    arm = CompiledArm(
        find().tasks[task], [Witness()], recipe, Settings(), tiny_data(find().tasks[task])
    )
    arm.reset(0)
    MET.clear()
    eager_step(arm)
    depths = sorted({slot.depth for slot in MET})
    assert depths == pytest.approx([(i + 1) / len(depths) for i in range(len(depths))])
    assert len(depths) > 1
    assert [slot.depth for slot in MET] == sorted(slot.depth for slot in MET)
