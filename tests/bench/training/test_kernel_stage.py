"""The kernel stage: its moment, its variables, its slots, and the passes that share a mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Facts, Paper, Pass, Slot, Strategy, Tensor, UsageError
from bench.core.strategy import TaskFacts, applicability
from bench.networks.forward_pass import Kernels
from bench.plugins.registry import find
from tests.bench.training.test_stage_checks import plugin
from tests.strategies.arms import eager_step
from tests.tiny import tiny_arm

TASKS = find().tasks
SEEN: list[tuple[Slot, int, Any]] = []
"""Slot, size of the variable of that slot, and moment of each call."""


@dataclass(frozen=True)
class Probe(Strategy):
    """A strategy that notes what its kernel stage gets, and changes nothing."""

    facts = Facts(
        "probe", "probe", Paper("Nobody", 2000, "-"), "notes calls", "w", ("image", "text"), "free",
        "it changes nothing", rank=80,
    )  # fmt: skip

    def state(self, weights: Any) -> list[Any]:
        sizes = [float(tf.size(weights.trainable[place])) for place in weights.kernels]
        return [tf.Variable(size, trainable=False) for size in sizes]

    def kernel(self, slot: Slot, kernel: Tensor, state: Any, moment: Any) -> Tensor:
        assert float(state[slot.number]) == float(tf.size(kernel))
        SEEN.append((slot, slot.total, moment))
        return kernel


def calls(task: str, act: Callable[[Any], object], *others: Strategy) -> list[Any]:
    arm = tiny_arm(TASKS[task], [Probe(), *others])
    arm.reset(0)
    SEEN.clear()
    act(arm)
    return list(SEEN)


def step(arm: Any) -> None:
    eager_step(arm)


def evaluate(arm: Any) -> None:
    arm.network(arm.network.embed(tf.zeros([2, 8, 8, 3])), flow=evaluating(arm))


def evaluating(arm: Any) -> Pass:
    return Pass(arm.strategies, None, kernels=arm.model.kernels)


@pytest.mark.parametrize(
    ("task", "kernels"),
    [
        ("cifar10", ["stem", "block0_conv1", "block0_conv2", "block1_conv1", "block1_conv2",
                     "block1_shortcut", "head"]),
        ("imdb", ["head"]),
        ("imdb_transformer", ["encoder0_attention_qkv", "encoder0_attention_out", "encoder0_widen",
                              "encoder0_narrow", "head"]),
    ],
)  # fmt: skip
def test_a_kernel_has_its_own_variable_and_key(task: str, kernels: list[str]) -> None:
    """Those of convolutions and of dense layers; the kernels of an LSTM have no slot."""
    seen = calls(task, step)
    assert sorted(slot.name for slot, *_ in seen) == sorted(kernels)
    assert sorted(slot.number for slot, *_ in seen) == list(range(len(kernels)))
    assert {total for _, total, _ in seen} == {len(kernels)}
    assert {slot.kind for slot, *_ in seen} <= {"convolution", "dense"}
    assert len({tuple(moment.key.numpy()) for *_, moment in seen}) == len(kernels)


def test_a_moment_belongs_to_the_training() -> None:
    assert {float(moment.step) for *_, moment in calls("cifar10", step)} == {0.0}
    assert {moment for *_, moment in calls("cifar10", evaluate)} == {None}


def passes(same_noise: bool) -> int:
    """Count the keys of the classifier's kernel in a step with two passes."""

    def twice(self: Any, batch: Any, moment: Any, rest: Any) -> Any:
        rest(batch)
        return rest(batch)

    kind = plugin(loss=twice)
    kind.facts = replace(kind.facts, same_noise=same_noise)
    seen = calls("cifar10", step, kind())
    return len({tuple(moment.key.numpy()) for slot, _, moment in seen if slot.name == "head"})


@pytest.mark.parametrize("same_noise", [True, False])
def test_passes_with_the_same_noise_have_one_key(same_noise: bool) -> None:
    assert passes(same_noise) == (1 if same_noise else 2)


def test_a_dense_layer_with_another_kernel_is_that_layer() -> None:
    layer = keras.layers.Dense(3, bias_initializer="normal")
    values = tf.random.stateless_normal([2, 5, 4], [1, 2])
    plain = layer(values).numpy()
    doubled = plugin(kernel=lambda self, slot, kernel, state, moment: 2.0 * kernel)()
    same = plugin(kernel=lambda self, slot, kernel, state, moment: 1.0 * kernel)()
    np.testing.assert_array_equal(Pass((), None).dense(layer, values), plain)
    np.testing.assert_array_equal(Pass([same], None).dense(layer, values), plain)
    expected = 2.0 * np.einsum("btd,de->bte", values, layer.kernel) + layer.bias
    np.testing.assert_allclose(Pass([doubled], None).dense(layer, values), expected, atol=1e-5)


def test_a_slot_without_a_weight_is_refused_where_a_variable_belongs_to_it() -> None:
    kernels = Kernels(["stem"], {"probe": [tf.Variable(4.0)]})
    flow = Pass([Probe()], None, kernels=kernels)
    flow.kernel(Slot("stem", "convolution"), tf.ones([2, 2]))
    with pytest.raises(UsageError, match="no trainable weight other/kernel"):
        flow.kernel(Slot("other", "convolution"), tf.ones([2, 2]))


def test_a_wrapped_keras_model_has_no_kernel_slot() -> None:
    wrapped = TaskFacts("mine", "image", 3, {})
    assert applicability(Probe(), wrapped) == "mine has no kernel slot"
