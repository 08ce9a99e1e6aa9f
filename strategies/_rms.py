"""A Keras layer that divides feature maps by their root mean square."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bench import Tensor


def rescaled(values: Tensor, epsilon: float) -> Tensor:
    """Each example of float32 values [B, ...] over its root mean square."""
    axes = list(range(1, len(values.shape)))
    square = tf.reduce_mean(tf.square(values), axes, keepdims=True)
    return values * tf.math.rsqrt(square + epsilon)


class MapRMSNormalization(keras.layers.Layer):
    """RMS normalization of [B, H, W, C] over height, width and channels, with a scale a channel.

    `keras.layers.RMSNormalization` would have a scale for every pixel.
    """

    def __init__(self, epsilon: float = 1e-6, **keras_options: Any) -> None:
        super().__init__(**keras_options)
        self.epsilon = epsilon

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.scale = self.add_weight(
            name="scale", shape=(shape[-1],), initializer="ones", autocast=False
        )

    def call(self, values: Tensor) -> Tensor:
        full = tf.cast(values, tf.float32)  # squares overflow in float16
        return tf.cast(rescaled(full, self.epsilon) * self.scale, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
