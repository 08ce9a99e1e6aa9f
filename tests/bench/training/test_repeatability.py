"""Random numbers from anywhere but a stage's key are noticed at the first trial, in one line."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Batch, Gradients, Moment, UsageError
from bench.training.repeatability import first_losses
from bench.training.trainer import Trainer
from tests.bench.training import keras_task
from tests.bench.training.test_stage_checks import arm_of

NUMPY = np.random.default_rng(4)


def shifted(by: Callable[[], Any]) -> Callable[..., Batch]:
    """Make a strategy whose features stage adds a value to the batch."""

    def features(self: Any, batch: Batch, moment: Moment) -> Batch:
        return batch._replace(values=batch.values + tf.cast(by(), tf.float32))

    return features


def noisy_gradients(self: Any, weights: Any, moment: Moment, rest: Any) -> Gradients:
    loss, values = rest()
    return Gradients(loss, [value + tf.random.normal(tf.shape(value)) for value in values])


SOURCES: dict[str, tuple[dict[str, Callable[..., Any]], str]] = {
    "tf.random": (
        {"features": shifted(lambda: tf.random.normal([]))}, "TensorFlow.*RandomStandardNormal",
    ),
    "tf.image": (
        {"examples": lambda self, batch, moment: batch._replace(
            values=tf.image.random_brightness(batch.values, 0.2)
        )},
        "TensorFlow.*RandomUniform",
    ),
    "tf.random.Generator": (
        {"features": shifted(lambda: tf.random.get_global_generator().normal([]))}, "TensorFlow",
    ),
    "keras.random": ({"features": shifted(lambda: keras.random.normal([]))}, "a source of its own"),
    "numpy": ({"features": shifted(np.random.normal)}, "NumPy"),
    "a generator of numpy": ({"features": shifted(NUMPY.normal)}, "a source of its own"),
    "python": ({"features": shifted(random.random)}, "Python"),
    "in the gradients": ({"gradients": noisy_gradients}, "TensorFlow.*RandomStandardNormal"),
}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_random_numbers_from_a_global_source_are_refused(source: str) -> None:
    stages, told = SOURCES[source]
    tf.random.set_global_generator(tf.random.Generator.from_seed(1))
    keras.random.normal([])  # the first call takes a seed from Python's state
    made = arm_of(**stages)
    with pytest.raises(UsageError, match=told) as caught:
        Trainer(made).run(0)
    assert "\n" not in str(caught.value)
    assert "moment.key" in str(caught.value)


def test_random_layers_of_a_model_follow_the_trial() -> None:
    L = keras.layers
    make = keras_task.layers(
        lambda: L.RandomFlip(), L.Flatten, lambda: L.Dropout(0.5), lambda: L.GaussianNoise(0.1),
        lambda: L.Dense(3),
    )  # fmt: skip
    trials = [Trainer(keras_task.arm(make)).run(seed) for seed in (0, 0, 1)]
    assert trials[0].curve == trials[1].curve != trials[2].curve


def test_a_look_at_the_losses_changes_no_variable() -> None:
    made = arm_of(features=shifted(lambda: 0.0))
    made.reset(0)
    before = [np.array(v) for v in made.variables()]
    first = first_losses(made)
    np.testing.assert_array_equal(first, first_losses(made))
    for old, new in zip(before, made.variables(), strict=True):
        np.testing.assert_array_equal(old, np.array(new))
