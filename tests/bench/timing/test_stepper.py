"""An arm's steps as they are timed."""

from __future__ import annotations

import math

import pytest
import tensorflow as tf

from bench.core.errors import BenchError
from bench.timing.device import Cpu
from bench.timing.stepper import Stepper, input_ms
from tests.bench.small_arm import arm, baseline


def test_steps_go_on_over_the_end_of_the_recipe_with_one_trace() -> None:
    stepper = Stepper(arm(), Cpu())
    assert stepper.first_step_seconds > stepper(1)
    before = stepper.arm.weights.trainable[0].numpy()
    assert stepper(15) > 0  # recipe: 6 steps
    assert stepper.position == 17 % 6
    assert (stepper.arm.weights.trainable[0].numpy() != before).any()
    assert stepper.arm.train_steps.experimental_get_tracing_count() == 1


def test_a_reset_steps_over_the_same_steps() -> None:
    stepper = baseline()
    found = []
    for _ in range(2):
        stepper.reset(3, 0)
        stepper(4)
        assert stepper.position == 4
        found.append(stepper.arm.weights.trainable[0].numpy())
    assert (found[0] == found[1]).all()


def test_steps_that_train_nothing_are_not_timed() -> None:
    stepper = Stepper(arm(), Cpu())
    bias = stepper.arm.weights.trainable[-1]
    bias.assign(tf.fill(bias.shape, math.nan))
    with pytest.raises(BenchError, match="not finite"):
        stepper(3)


def test_the_input_pipeline_takes_some_time_and_less_than_a_step() -> None:
    stepper = baseline()
    assert 0 < input_ms(stepper.arm, stepper.device) < 1000 * stepper(6) / 6
