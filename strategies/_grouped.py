"""A Keras layer that normalizes groups of channels, of feature maps and of each position of a text."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bench import Tensor, UsageError


class GroupedNormalization(keras.layers.GroupNormalization):
    """Group normalization of feature maps [B, H, W, C], or of every position of [B, T, D].

    A position's statistics are its own, so padding changes nothing and no mask is needed; with one
    group it is layer normalization, for images and for text. Maps are first reduced to the moments
    of each channel: Keras's own call, over groups of few channels, takes twice as long on a CPU.
    """

    def __init__(self, groups: int, **keras_options: Any) -> None:
        super().__init__(groups=groups, **keras_options)
        self.supports_masking = True

    def build(self, shape: tuple[int | None, ...]) -> None:
        channels = shape[-1]
        if channels is None or channels % self.groups:
            raise UsageError(
                f"group_norm.groups {self.groups} does not divide the {channels} channels of "
                f"{self.name}; set another number"
            )
        super().build(shape)

    def call(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        full = tf.cast(values, tf.float32)  # squares overflow in float16
        if len(values.shape) == 3:
            means, variances = full, tf.zeros_like(full)
        else:
            means, variances = tf.nn.moments(full, [1, 2], keepdims=True)
        shape = tf.shape(means)
        split = tf.concat([shape[:-1], [self.groups, values.shape[-1] // self.groups]], 0)
        means, variances = tf.reshape(means, split), tf.reshape(variances, split)
        mean = tf.reduce_mean(means, -1, keepdims=True)
        spread = variances + tf.square(means - mean)
        inverse = tf.math.rsqrt(tf.reduce_mean(spread, -1, keepdims=True) + self.epsilon)
        scale = tf.reshape(tf.broadcast_to(inverse, split), shape) * self.gamma
        center = tf.reshape(tf.broadcast_to(mean, split), shape)
        return tf.cast((full - center) * scale + self.beta, self.compute_dtype)
