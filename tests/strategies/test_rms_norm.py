from __future__ import annotations

import keras
import numpy as np
import pytest

from bench import Slot
from strategies.rms_norm import RMSNorm

MAP, SEQUENCE = Slot("norm", "map"), Slot("norm", "sequence")
IMAGES = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 8)).astype(np.float32)
TEXTS = np.random.default_rng(1).normal(3.0, 2.0, (4, 7, 8)).astype(np.float32)


def over_rms(values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Compute equation 4 with a gain of 1."""
    return values / np.sqrt(np.square(values).mean(axes, keepdims=True))


@pytest.mark.parametrize(
    ("slot", "values", "axes"), [(MAP, IMAGES, (1, 2, 3)), (SEQUENCE, TEXTS, (2,))]
)
def test_it_divides_by_the_root_mean_square(
    slot: Slot, values: np.ndarray, axes: tuple[int, ...]
) -> None:
    layer = RMSNorm().normalization(slot)
    np.testing.assert_allclose(layer(values), over_rms(values, axes), rtol=2e-6)
    np.testing.assert_allclose(layer(-7.0 * values), -over_rms(values, axes), rtol=2e-6)
    assert np.abs(np.mean(layer(values))) > 0.3, "nothing is centered"


def test_images_agree_with_keras_and_have_a_scale_a_channel() -> None:
    layer = RMSNorm().normalization(MAP)
    reference = keras.layers.RMSNormalization(axis=[1, 2, 3], epsilon=1e-6)
    np.testing.assert_allclose(layer(IMAGES), reference(IMAGES), atol=1e-6)
    (scale,) = layer.trainable_variables
    assert scale.shape == (8,)
    scale.assign(np.arange(8.0))
    np.testing.assert_allclose(
        layer(IMAGES), over_rms(IMAGES, (1, 2, 3)) * np.arange(8.0), rtol=2e-6
    )


@pytest.mark.parametrize(("slot", "values"), [(MAP, IMAGES), (SEQUENCE, TEXTS)])
def test_large_activations_do_not_overflow_in_float16(slot: Slot, values: np.ndarray) -> None:
    made = RMSNorm().normalization(slot)
    layer = type(made).from_config({**made.get_config(), "dtype": "mixed_float16"})
    large = layer(1000.0 * values).numpy()
    assert large.dtype == np.float16
    np.testing.assert_allclose(large, made(values), atol=5e-3)
