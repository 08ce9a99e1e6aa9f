"""A Keras layer that normalizes each channel of a masked sequence over its positions."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bench import Tensor


def normalized(values: Tensor, mask: Tensor | None, epsilon: float) -> Tensor:
    """Each example and channel with mean 0 and variance 1 over the unmasked positions.

    Padding becomes 0: measured by a text of one word, whose variance is 0, it could overflow.

    Args:
        values: float32 [B, T, D].
        mask: boolean [B, T], true where there is a token; None where all are.
        epsilon: added to the variance.
    """
    shape = tf.shape(values)[:2]
    there = tf.ones(shape, values.dtype) if mask is None else tf.cast(mask, values.dtype)
    weights = there[..., None]
    mean, variance = tf.nn.weighted_moments(values, [1], weights, keepdims=True)
    return weights * (values - mean) * tf.math.rsqrt(variance + epsilon)


class SequenceNormalization(keras.layers.Layer):
    """Instance normalization of [B, T, D] with a mask [B, T], a scale and a shift a channel."""

    def __init__(self, epsilon: float = 1e-3, **keras_options: Any) -> None:
        super().__init__(**keras_options)
        self.epsilon = epsilon
        self.supports_masking = True

    def build(self, shape: tuple[int | None, ...]) -> None:
        channels = (shape[-1],)
        self.gamma = self.add_weight(
            name="gamma", shape=channels, initializer="ones", autocast=False
        )
        self.beta = self.add_weight(
            name="beta", shape=channels, initializer="zeros", autocast=False
        )

    def call(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        full = tf.cast(values, tf.float32)  # sums of squares overflow in float16
        scaled = normalized(full, mask, self.epsilon) * self.gamma + self.beta
        return tf.cast(scaled, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
