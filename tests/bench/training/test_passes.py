"""One forward pass of a step moves the statistics, however many passes its strategies make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bench import Batch, Gradients, LossResult
from bench.core.strategy import Strategy
from bench.plugins.registry import find
from tests.bench.training.test_stage_checks import plugin
from tests.tiny import tiny_arm

REGISTRY = find()
CIFAR10 = REGISTRY.task("cifar10")


def again(self: Any, batch: Batch, moment: Any, rest: Any) -> LossResult:
    """Run the network on other features too, and keep the first result."""
    first = rest(batch)
    rest(batch._replace(values=batch.values + 100.0))
    return first


def twice(self: Any, weights: Any, moment: Any, rest: Any) -> Gradients:
    """Compute the gradients at other weights too, and keep the first ones."""
    first = rest()
    for weight in weights.trainable:
        weight.assign(weight + 1.0)
    rest()
    for weight in weights.trainable:
        weight.assign(weight - 1.0)
    return first


def statistics(*stack: Strategy) -> list[np.ndarray]:
    """Return the moving statistics after one step with batch normalization."""
    arm = tiny_arm(CIFAR10, [REGISTRY.strategy("batch_norm")(), *stack])
    arm.reset(0)
    arm.train_steps(tf.constant(0), tf.constant(1))
    return [np.array(average) for average in arm.averages]


@pytest.mark.parametrize("stages", [{"loss": again}, {"gradients": twice}])
def test_further_passes_of_a_step_leave_the_statistics_alone(
    stages: dict[str, Callable[..., Any]],
) -> None:
    plain, several = statistics(), statistics(plugin(**stages)())
    assert len(plain) == 10
    for expected, value in zip(plain, several, strict=True):
        np.testing.assert_array_equal(value, expected)
