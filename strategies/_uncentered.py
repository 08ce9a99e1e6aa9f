"""Layers of normalization slots without a mean: dynamic tanh and filter response normalization.

Both compute in float32, because squares overflow in float16.
"""

from typing import Any

import keras
import tensorflow as tf

from bench import Tensor
from strategies._layers import ChannelNormalization


class DynamicTanhLayer(ChannelNormalization):
    """gamma tanh(alpha x) + beta of values [B, ..., C]; alpha is one number."""

    def __init__(self, alpha: float = 0.5, **keras_options: Any) -> None:
        super().__init__(0.0, **keras_options)
        self.start = alpha

    def build(self, shape: tuple[int | None, ...]) -> None:
        super().build(shape)
        start = keras.initializers.Constant(self.start)
        self.alpha = self.add_weight(name="alpha", shape=(), initializer=start, autocast=False)

    def call(self, values: Tensor) -> Tensor:
        squashed = tf.tanh(self.alpha * tf.cast(values, tf.float32))
        return tf.cast(squashed * self.gamma + self.beta, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "alpha": self.start}
        del config["epsilon"]
        return config


def mean_squares(values: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean square of each example and channel over its positions, float32 [B, 1.., C].

    Args:
        values: float32 [B, ..., C].
        mask: boolean [B, T] for values [B, T, C], true where there is a token; None where all are.
    """
    axes = list(range(1, len(values.shape) - 1))
    squares = tf.square(values)
    if mask is None:
        return tf.reduce_mean(squares, axes, keepdims=True)
    there = tf.cast(mask, values.dtype)[..., None]
    count = tf.maximum(tf.reduce_sum(there, axes, keepdims=True), 1.0)
    return tf.reduce_sum(squares * there, axes, keepdims=True) / count


class FilterResponseNormalization(ChannelNormalization):
    """Filter response normalization for [B, H, W, C] or masked [B, T, C].

    Args:
        epsilon: added to the mean square.
        threshold: if true, the result is at least a learned number of each channel.
        learned: if true, a learned number is added to epsilon, for examples of one position.
    """

    def __init__(
        self,
        epsilon: float = 1e-6,
        threshold: bool = False,
        learned: bool = False,
        **keras_options: Any,
    ) -> None:
        super().__init__(epsilon, **keras_options)
        self.threshold, self.learned = threshold, learned

    def build(self, shape: tuple[int | None, ...]) -> None:
        super().build(shape)
        self.tau = self.channel_weight("tau", shape, "zeros") if self.threshold else None
        start = keras.initializers.Constant(1e-4)
        self.further = None
        if self.learned:
            self.further = self.add_weight(
                name="epsilon", shape=(), initializer=start, autocast=False
            )

    def call(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        full = tf.cast(values, tf.float32)
        if mask is not None:
            full = tf.where(mask[..., None], full, 0.0)
        epsilon = self.epsilon + (0.0 if self.further is None else tf.abs(self.further))
        scale = tf.math.rsqrt(mean_squares(full, mask) + epsilon) * self.gamma
        result = full * scale + self.beta
        if self.tau is not None:
            result = tf.maximum(result, self.tau)
        return tf.cast(result, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        options = {"threshold": self.threshold, "learned": self.learned}
        return {**super().get_config(), **options}
