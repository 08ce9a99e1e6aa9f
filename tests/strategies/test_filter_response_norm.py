"""Filter response normalization against equations 1 to 3 of 1911.09737."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bench import Parts, Slot
from strategies.filter_response_norm import FilterResponseNorm

MAP, SEQUENCE = Slot("norm", "map"), Slot("norm", "sequence")
IMAGES = np.random.default_rng(0).normal(1.0, 2.0, (4, 5, 6, 8)).astype(np.float32)
TEXTS = np.random.default_rng(1).normal(1.0, 2.0, (4, 7, 8)).astype(np.float32)
MASK = np.arange(7)[None, :] < np.array([7, 1, 3, 5])[:, None]


def layer(slot: Slot, precision: str = "float32", **parameters: Any) -> Any:
    """Return the layer as a network gets it."""
    made = Parts([FilterResponseNorm(**parameters)], 0, precision).normalization(slot)
    assert made is not None
    return made


def equation(values: np.ndarray, epsilon: float = 1e-6) -> np.ndarray:
    """Compute equations 1 and 2 with gamma 1 and beta 0, for one channel of one example."""
    return values / np.sqrt(np.square(values).mean() + epsilon)


@pytest.mark.parametrize("epsilon", [1e-6, 0.1])
def test_each_channel_of_an_image_is_divided_by_its_root_mean_square(epsilon: float) -> None:
    result = layer(MAP, epsilon=epsilon)(IMAGES).numpy()
    for example in range(4):
        for channel in range(8):
            expected = equation(IMAGES[example, ..., channel], epsilon)
            np.testing.assert_allclose(result[example, ..., channel], expected, rtol=2e-6)
    assert np.abs(result.mean()) > 0.2, "nothing is centered"


def test_of_a_text_only_tokens_count() -> None:
    made = layer(SEQUENCE)
    result = made(TEXTS, mask=tf.constant(MASK)).numpy()
    for example in range(4):
        for channel in range(8):
            words = TEXTS[example, MASK[example], channel]
            expected = equation(words, 1e-6 + 1e-4)
            np.testing.assert_allclose(result[example, MASK[example], channel], expected, rtol=2e-6)
    loud = np.where(MASK[..., None], TEXTS, 1e6).astype(np.float32)
    np.testing.assert_array_equal(made(loud, mask=tf.constant(MASK)).numpy()[MASK], result[MASK])
    empty = made(TEXTS, mask=tf.zeros([4, 7], tf.bool))
    assert np.isfinite(empty).all()


def test_scale_shift_and_threshold_are_learned_for_each_channel() -> None:
    made = layer(MAP, threshold=True)
    np.testing.assert_allclose(
        made(IMAGES), np.maximum(layer(MAP)(IMAGES), 0.0), rtol=1e-6, err_msg="tau begins at 0"
    )
    weights = {weight.name: weight for weight in made.trainable_variables}
    gamma, beta, tau = np.arange(1.0, 9.0), np.linspace(-1.0, 1.0, 8), np.linspace(1.0, -3.0, 8)
    for name, value in (("gamma", gamma), ("beta", beta), ("tau", tau)):
        weights[name].assign(value)
    expected = np.maximum(gamma * layer(MAP)(IMAGES) + beta, tau)
    np.testing.assert_allclose(made(IMAGES), expected, rtol=1e-5)
    assert len(layer(MAP)(IMAGES).shape) == 4
    plain = layer(MAP)
    plain(IMAGES)
    assert {weight.name for weight in plain.trainable_variables} == {"gamma", "beta"}


def test_epsilon_is_learned_for_texts_and_never_negative() -> None:
    made = layer(SEQUENCE)
    made(TEXTS[:, :1])
    (further,) = (weight for weight in made.trainable_variables if weight.name == "epsilon")
    further.assign(-3.0)
    np.testing.assert_allclose(
        made(TEXTS[:, :1]), TEXTS[:, :1] / np.sqrt(np.square(TEXTS[:, :1]) + 3.0 + 1e-6), rtol=2e-6
    )
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.square(made(TEXTS)))
    assert float(tape.gradient(total, further.value)) > 0.0


@pytest.mark.parametrize(("slot", "values"), [(MAP, IMAGES), (SEQUENCE, TEXTS)])
def test_large_activations_do_not_overflow_in_float16(slot: Slot, values: np.ndarray) -> None:
    large = layer(slot, "mixed_float16")(1000.0 * values)
    assert large.dtype == tf.float16
    np.testing.assert_allclose(large, layer(slot)(values), rtol=2e-3, atol=2e-3)
