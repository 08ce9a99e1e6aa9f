"""Float16 with its loss scale: gradients of the update stages, and skipped steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bench import Facts, Gradients, Moment, Paper, Strategy, Weights
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.loss_scale import LossScale
from strategies.ema import EMA
from strategies.weight_decay import WeightDecay
from tests.strategies.arms import eager_step
from tests.tiny import tiny_arm

CIFAR10 = find().tasks["cifar10"]
SEEN: list[list[np.ndarray]] = []
LOSS_SCALE = LossScale("mixed_float16")


@dataclass(frozen=True)
class Witness(Strategy):
    """A strategy that notes the gradients that the update gets."""

    facts = Facts(
        "witness", "probe", Paper("Nobody", 2000, "-"), "notes gradients", "g", ("image",), "free",
        "it changes nothing",
    )  # fmt: skip

    def update(
        self, weights: Weights, gradients: Any, state: Any, moment: Moment, rest: Any
    ) -> None:
        SEEN.append([np.array(g) for g in gradients])
        rest(gradients)


@dataclass(frozen=True)
class Overflow(Strategy):
    """A strategy whose gradients overflow."""

    facts = Facts(
        "overflow", "probe", Paper("Nobody", 2000, "-"), "overflows", "inf", ("image",), "free",
        "it always overflows",
    )  # fmt: skip

    def gradients(self, weights: Weights, moment: Moment, rest: Any) -> Gradients:
        loss, values = rest()
        return Gradients(loss, [value + float("inf") for value in values])


def after_a_step(arm: CompiledArm) -> list[np.ndarray]:
    """Return the network's variables and those of the strategies after the first step."""
    arm.reset(0)
    eager_step(arm)
    return values(arm)


def values(arm: CompiledArm) -> list[np.ndarray]:
    return [np.array(v) for v in (*arm.network.variables, *(v for s in arm.states for v in s))]


def test_the_gradients_of_an_update_are_those_of_full_precision() -> None:
    """Adam would hide a scale that is never removed; clipping and decay would not."""
    SEEN.clear()
    for precision in ("float32", "mixed_float16"):
        after_a_step(tiny_arm(CIFAR10, [Witness()], Settings(precision)))
    full, half = SEEN
    for exact, rounded in zip(full, half, strict=True):
        np.testing.assert_allclose(rounded, exact, rtol=0.05, atol=0.02 * np.abs(exact).max())


def test_a_step_that_overflows_changes_no_weight_and_no_average() -> None:
    strategies = [Overflow(), WeightDecay(), EMA()]
    arm = tiny_arm(CIFAR10, strategies, Settings("mixed_float16"))
    arm.reset(0)
    before = values(arm)
    for old, new in zip(before, after_a_step(arm), strict=True):
        np.testing.assert_array_equal(old, new)


def test_an_update_may_pass_some_gradients_on_as_they_are() -> None:
    """Keras refuses gradients of which some were computed outside the condition and some inside it."""
    weights = [keras.Variable([1.0]), keras.Variable([1.0])]
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(weights)

    def update(gradients: Any) -> None:
        first, second = gradients
        optimizer.apply_gradients(zip([2.0 * first, second], weights, strict=True))

    @tf.function(autograph=False)
    def step(gradient: tf.Tensor) -> None:
        LOSS_SCALE.guarded(update, [])([gradient + 1.0, gradient + 2.0])

    step(tf.constant([0.5]))
    np.testing.assert_allclose([w.numpy() for w in weights], [[-2.0], [-1.5]])
