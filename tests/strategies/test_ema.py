from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Weights
from bench.plugins.registry import find
from bench.training.evaluated_weights import evaluated_weights
from strategies.batch_norm import BatchNorm
from strategies.ema import EMA
from tests.strategies.arms import eager_step
from tests.strategies.moments import moment
from tests.tiny import STEPS, tiny_arm

CIFAR10 = find().tasks["cifar10"]


def averages(ema: EMA, path: np.ndarray) -> list[np.ndarray]:
    """Return the evaluated values after each of the weights [steps, size]."""
    weight = tf.Variable(path[0])
    weights = Weights([weight], [True], [False], [])
    state = ema.state(weights)
    seen = []
    for step, value in enumerate(path):
        ema.update(weights, [], state, moment(step), lambda _, v=value: weight.assign(v))
        seen.append(ema.evaluated(weights, state)[0].numpy())
    return seen


@pytest.mark.parametrize("ramp", [False, True])
def test_it_follows_a_loop_with_bias_correction(ramp: bool) -> None:
    path = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    average, remaining, expected = np.zeros(3), 1.0, []
    for step, value in enumerate(path):
        decay = min(0.9, (1 + step) / (10 + step)) if ramp else 0.9
        average, remaining = decay * average + (1 - decay) * value, remaining * decay
        expected.append(average / (1 - remaining))
    np.testing.assert_allclose(averages(EMA(0.9, ramp), path), expected, rtol=1e-4, atol=1e-6)


def test_constant_weights_are_their_own_average_from_the_first_step_on() -> None:
    path = np.full((5, 3), 7.0, np.float32)
    np.testing.assert_allclose(averages(EMA(0.999, ramp=False), path), path, rtol=1e-5)


def test_training_is_untouched_and_the_average_is_of_the_steps_weights() -> None:
    arm, plain = tiny_arm(CIFAR10, [EMA()]), tiny_arm(CIFAR10)
    arm.reset(0)
    plain.reset(0)
    path = []
    for step in range(STEPS):
        assert eager_step(arm, step) == eager_step(plain, step)
        path.append(plain.network.stem.kernel.numpy())
    expected = averages(EMA(), np.array(path).reshape(STEPS, -1))[-1]
    trained = arm.network.stem.kernel.numpy()
    with evaluated_weights(arm, "recalibrated"):
        kernel = arm.network.stem.kernel.numpy()
        np.testing.assert_allclose(kernel.ravel(), expected, atol=1e-6)
        assert np.any(kernel != trained)
    np.testing.assert_array_equal(arm.network.stem.kernel, trained)


def test_moving_statistics_are_those_of_the_average() -> None:
    """Averaged weights give other activations than those that the statistics were kept of."""
    arm = tiny_arm(CIFAR10, [BatchNorm(), EMA()])
    arm.reset(0)
    for step in range(STEPS):
        eager_step(arm, step)
    lagging = arm.network.stem_norm.moving_mean.numpy()
    with evaluated_weights(arm, "recalibrated"):
        rows = tf.range(arm.recipe.train_examples)
        pixels = arm.network.embed(arm.batch(rows).values)
        stem = tf.nn.conv2d(pixels, arm.network.stem.kernel.value, 1, "SAME")
        stem += arm.network.stem.bias.value
        found = arm.network.stem_norm.moving_mean.numpy()
        counted = [
            tf.reduce_mean(stem[8 * (i % 3) : 8 * (i % 3) + 8], [0, 1, 2]) for i in range(20)
        ]
        np.testing.assert_allclose(found, tf.add_n(counted) / 20, atol=1e-4)
    assert np.abs(found - lagging).max() > 1e-3
    np.testing.assert_array_equal(arm.network.stem_norm.moving_mean, lagging)
