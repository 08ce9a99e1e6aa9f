from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Slot, UsageError
from strategies.group_norm import GroupNorm
from strategies.layer_norm import LayerNorm

MAP, SEQUENCE = Slot("norm", "map"), Slot("norm", "sequence")
IMAGES = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 8)).astype(np.float32)
TEXTS = np.random.default_rng(1).normal(3.0, 2.0, (4, 7, 8)).astype(np.float32)


def equation(values: np.ndarray, groups: int, epsilon: float) -> np.ndarray:
    """Compute equations 1 and 7 of the paper for [B, H, W, C], by loops."""
    result, size = np.empty_like(values), values.shape[-1] // groups
    for example in range(len(values)):
        for g in range(groups):
            part = values[example, ..., g * size : (g + 1) * size]
            scaled = (part - part.mean()) / np.sqrt(part.var() + epsilon)
            result[example, ..., g * size : (g + 1) * size] = scaled
    return result


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_images_follow_the_equation_and_keras(groups: int) -> None:
    values = GroupNorm(groups).normalization(MAP)(IMAGES)
    np.testing.assert_allclose(values, equation(IMAGES, groups, 1e-5), atol=2e-6)
    reference = keras.layers.GroupNormalization(groups, epsilon=1e-5)(IMAGES)
    np.testing.assert_allclose(values, reference, atol=1e-6)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_every_position_of_a_text_is_normalized_by_itself(groups: int) -> None:
    values = GroupNorm(groups).normalization(SEQUENCE)(TEXTS)
    alone = equation(TEXTS.reshape(-1, 1, 1, 8), groups, 1e-5).reshape(TEXTS.shape)
    np.testing.assert_allclose(values, alone, atol=5e-5)


def test_padding_moves_no_output() -> None:
    layer = GroupNorm(2).normalization(SEQUENCE)
    padded = np.concatenate([TEXTS, np.full((4, 3, 8), 9.0, np.float32)], axis=1)
    mask = tf.sequence_mask([7, 7, 7, 7], 10)
    np.testing.assert_allclose(layer(padded, mask=mask)[:, :7], layer(TEXTS), atol=1e-6)


@pytest.mark.parametrize(("slot", "values"), [(MAP, IMAGES), (SEQUENCE, TEXTS)])
def test_one_group_is_layer_normalization(slot: Slot, values: np.ndarray) -> None:
    one = GroupNorm(1, epsilon=1e-3).normalization(slot)(values)
    np.testing.assert_allclose(one, LayerNorm().normalization(slot)(values), atol=5e-5)


def test_large_activations_do_not_overflow_in_float16() -> None:
    layer = type(GroupNorm(2).normalization(MAP)).from_config(
        {**GroupNorm(2).normalization(MAP).get_config(), "dtype": "mixed_float16"}
    )
    values = layer(300.0 * IMAGES).numpy()
    assert values.dtype == np.float16
    np.testing.assert_allclose(values, equation(300.0 * IMAGES, 2, 1e-5), atol=5e-3)


def test_groups_that_do_not_divide_the_channels_are_named() -> None:
    with pytest.raises(UsageError, match=r"group_norm\.groups 3 does not divide the 8 channels"):
        GroupNorm(3).normalization(MAP)(IMAGES)
