from __future__ import annotations

import numpy as np
import tensorflow as tf

from bench.plugins.registry import find
from bench.training.evaluated_weights import evaluated_weights
from bench.training.schedule import learning_rate
from strategies.batch_norm import BatchNorm
from strategies.swa import SWA
from tests.strategies.arms import eager_step
from tests.tiny import STEPS, tiny_arm

CIFAR10 = find().tasks["cifar10"]


def test_the_rate_is_held_from_the_start_on() -> None:
    recipe = CIFAR10.recipe("quick")

    def rates(steps: range) -> list[float]:
        return [
            float(SWA().schedule(tf.constant(s), recipe.steps, lambda t: learning_rate(recipe, t)))
            for s in steps
        ]

    recipes = [float(learning_rate(recipe, tf.constant(s))) for s in range(recipe.steps)]
    start = int(0.75 * recipe.steps)
    assert rates(range(0, start + 1, 17)) == recipes[: start + 1 : 17]
    assert set(rates(range(start, recipe.steps, 9))) == {recipes[start]}
    assert recipes[start] > 10 * recipes[-2]


def test_what_is_evaluated_is_the_mean_of_the_weights_since_the_start() -> None:
    arm = tiny_arm(CIFAR10, [SWA(start=0.5), BatchNorm()])
    arm.reset(0)
    kernel, path = arm.network.stem.kernel, []
    for step in range(STEPS):
        eager_step(arm, step)
        path.append(kernel.numpy())
        with evaluated_weights(arm, "recalibrated"):
            expected = path[-1] if step < 2 else np.mean(path[2:], axis=0)
            np.testing.assert_allclose(kernel, expected, rtol=1e-6, atol=1e-7)
        np.testing.assert_array_equal(kernel, path[-1])


def test_moving_statistics_are_those_of_the_mean_weights() -> None:
    arm = tiny_arm(CIFAR10, [SWA(start=0.25), BatchNorm(momentum=0.99)])
    arm.reset(0)
    for step in range(STEPS):
        eager_step(arm, step)
    with evaluated_weights(arm, "recalibrated"):
        pixels = arm.network.embed(arm.batch(tf.range(24)).values)
        stem = tf.nn.conv2d(pixels, arm.network.stem.kernel.value, 1, "SAME")
        means = [tf.reduce_mean(stem[s : s + 8], [0, 1, 2]) for s in (0, 8, 16)]
        expected = sum(means[i % 3] for i in range(20)) / 20 + arm.network.stem.bias.value
        np.testing.assert_allclose(arm.network.stem_norm.moving_mean, expected, atol=1e-4)
