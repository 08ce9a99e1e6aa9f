"""Precisions: float16 learns, and a step of it that overflows changes nothing at all."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench.core.recipe import changed
from bench.core.strategy import Strategy, configured
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.trainer import Trainer
from tests.strategies.settings import ACTING
from tests.tiny import STEPS, tiny_arm, tiny_data, tiny_recipe, trace

REGISTRY = find()
SCALE, CALM = 0, 1
"""The scale and the number of steps without an overflow, among a loss scale's variables."""
CHANGING = (
    "weight_decay",
    "ema",
    "swa",
    "max_norm",
    "batch_norm",
    "l2",
    "sam",
    "gradient_clipping",
)


def acting(name: str) -> Strategy:
    return configured(REGISTRY.strategy(name), ACTING.get(name, {}))


def float16_arm(*names: str) -> CompiledArm:
    stack = [acting(name) for name in names]
    return tiny_arm(REGISTRY.task("cifar10"), stack, Settings("mixed_float16"))


def values(arm: CompiledArm) -> list[np.ndarray]:
    return [np.array(variable) for variable in arm.variables()]


@pytest.mark.parametrize("name", CHANGING)
def test_a_skipped_step_changes_nothing(name: str) -> None:
    arm = float16_arm(name)
    arm.reset(0)
    arm.train_steps(tf.constant(0), tf.constant(1))
    scale = arm._scale.variables
    scale[SCALE].assign(2.0**120)
    before = values(arm)
    loss, done, _ = arm.train_steps(tf.constant(1), tf.constant(1))
    assert (np.isfinite(float(loss)), int(done)) == (True, 1)
    after = values(arm)
    count = len(scale)
    for variable, old, new in zip(
        arm.variables()[:-count], before[:-count], after[:-count], strict=True
    ):
        if "learning_rate" not in variable.name:
            np.testing.assert_array_equal(old, new, variable.name)
    assert (float(scale[SCALE]), int(scale[CALM])) == (2.0**119, 0)


@pytest.mark.parametrize("name", ["", *CHANGING])
def test_it_trains_as_float32_does(name: str) -> None:
    half = float16_arm(*filter(None, [name]))
    full = tiny_arm(REGISTRY.task("cifar10"), [acting(name)] if name else [])
    np.testing.assert_allclose(trace(half).losses, trace(full).losses, rtol=0.05)
    assert int(half._scale.variables[CALM]) == STEPS


def test_the_scale_of_the_loss_is_taken_out_of_the_gradients() -> None:
    """Adam's steps hardly depend on the size of a gradient; those of SGD do."""
    task = REGISTRY.task("cifar10")
    recipe = changed(tiny_recipe(task), {"optimizer": "sgd"}, "cifar10")
    losses = [
        trace(CompiledArm(task, [], recipe, Settings(precision), tiny_data(task))).losses
        for precision in ("mixed_float16", "float32")
    ]
    np.testing.assert_allclose(*losses, rtol=0.02)


def test_exact_float32_turns_tensor_float_32_off() -> None:
    task, traces = REGISTRY.task("cifar10"), []
    for precision, allowed in (("float32_exact", False), ("float32", True)):
        arm = tiny_arm(task, [], Settings(precision))
        assert tf.config.experimental.tensor_float_32_execution_enabled() == allowed
        traces.append(trace(arm))
    assert traces[0] == traces[1]  # a CPU has no TensorFloat-32


def test_a_trial_in_float16_is_repeated_bit_for_bit() -> None:
    trainer = Trainer(float16_arm("ema", "weight_decay"))
    first, again = trainer.run(0), trainer.run(0)
    assert first.status == "ok"
    assert (first.curve, first.final) == (again.curve, again.final)
