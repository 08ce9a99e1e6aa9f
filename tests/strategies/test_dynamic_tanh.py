from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Parts, Slot
from bench.training.roles import role
from strategies.dynamic_tanh import DynamicTanh

MAP, SEQUENCE = Slot("norm", "map"), Slot("norm", "sequence")
IMAGES = np.random.default_rng(0).normal(1.0, 2.0, (4, 5, 6, 8)).astype(np.float32)
TEXTS = np.random.default_rng(1).normal(1.0, 2.0, (4, 7, 8)).astype(np.float32)
BOTH = [(MAP, IMAGES), (SEQUENCE, TEXTS)]


def layer(slot: Slot, precision: str = "float32", alpha: float = 0.5) -> Any:
    """Return the layer as a network gets it."""
    made = Parts([DynamicTanh(alpha)], 0, precision).normalization(slot)
    assert made is not None
    return made


@pytest.mark.parametrize(("slot", "values"), BOTH)
def test_it_starts_as_the_hyperbolic_tangent_of_half_of_the_values(
    slot: Slot, values: np.ndarray
) -> None:
    np.testing.assert_allclose(layer(slot)(values), np.tanh(0.5 * values), atol=1e-6)
    np.testing.assert_allclose(layer(slot, alpha=2.0)(values), np.tanh(2.0 * values), atol=1e-6)


@pytest.mark.parametrize(("slot", "values"), BOTH)
def test_one_number_of_a_layer_and_a_scale_and_a_shift_of_each_channel_are_learned(
    slot: Slot, values: np.ndarray
) -> None:
    made = layer(slot)
    made(values)
    weights = {weight.name: weight for weight in made.trainable_variables}
    assert {name: weight.shape for name, weight in weights.items()} == {
        "alpha": (), "gamma": (8,), "beta": (8,),
    }  # fmt: skip
    alpha, gamma, beta = 0.7, np.arange(1.0, 9.0), np.linspace(-1.0, 1.0, 8)
    for name, value in (("alpha", alpha), ("gamma", gamma), ("beta", beta)):
        weights[name].assign(value)
    np.testing.assert_allclose(made(values), gamma * np.tanh(alpha * values) + beta, atol=5e-6)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(made(values))
    gradient = tape.gradient(total, weights["alpha"].value)
    expected = np.sum(gamma * values / np.cosh(alpha * values) ** 2)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4)


def test_its_weights_are_never_decayed() -> None:
    made = layer(MAP)
    made(IMAGES)
    assert {role(made, weight).kind for weight in made.trainable_variables} == {"other"}


def test_padding_and_other_examples_move_no_output() -> None:
    made = layer(SEQUENCE)
    alone = made(TEXTS[:1, :3])
    np.testing.assert_array_equal(made(TEXTS)[:1, :3], alone)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_squashes_in_float32(precision: str) -> None:
    made = layer(MAP, precision, alpha=0.7)
    values = made(tf.cast(IMAGES, made.compute_dtype))
    assert keras.backend.standardize_dtype(values.dtype) == made.compute_dtype
    rounded = tf.cast(tf.cast(IMAGES, made.compute_dtype), tf.float32)
    expected = tf.cast(tf.tanh(0.7 * rounded), values.dtype)
    np.testing.assert_array_equal(tf.cast(values, tf.float32), tf.cast(expected, tf.float32))
    assert all(weight.dtype == "float32" for weight in made.trainable_variables)
