"""A Keras layer that normalizes by the statistics of parts of a batch."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from bench import Tensor, UsageError


def ghost_moments(values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean and variance of each ghost batch and channel, float32 [G, C].

    Args:
        values: float32 [G, B / G, ..., C].
        mask: boolean [G, B / G, T] for values [G, B / G, T, C], or None.
    """
    axes = list(range(1, len(values.shape) - 1))
    if mask is None:
        return tf.nn.moments(values, axes)
    return tf.nn.weighted_moments(values, axes, tf.cast(mask, values.dtype)[..., None])


def moved(average: Tensor, statistics: Tensor, momentum: float) -> Tensor:
    """A moving average [C] after it has taken in the statistics [G, C] one after another."""
    count = statistics.shape[0]
    shares = [(1.0 - momentum) * momentum ** (count - 1 - i) for i in range(count)]
    return average * momentum**count + tf.linalg.matvec(statistics, shares, transpose_a=True)


class GhostBatchNormalization(keras.layers.Layer):
    """Batch normalization of [B, H, W, C] or masked [B, T, C] in ghost batches of `size` examples.

    A batch smaller than `size` is one ghost batch.
    """

    def __init__(
        self, size: int = 32, momentum: float = 0.9, epsilon: float = 1e-3, **keras_options: Any
    ) -> None:
        super().__init__(**keras_options)
        self.size, self.momentum, self.epsilon = size, momentum, epsilon
        self.supports_masking = True

    def build(self, shape: tuple[int | None, ...]) -> None:
        def weight(name: str, start: str, trainable: bool) -> Any:
            return self.add_weight(
                name=name,
                shape=(shape[-1],),
                initializer=start,
                trainable=trainable,
                autocast=False,
            )

        self.gamma, self.beta = weight("gamma", "ones", True), weight("beta", "zeros", True)
        self.moving_mean = weight("moving_mean", "zeros", False)
        self.moving_variance = weight("moving_variance", "ones", False)

    def call(self, values: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        full = tf.cast(values, tf.float32)
        if not training:
            scale = tf.math.rsqrt(self.moving_variance + self.epsilon) * self.gamma
            result = (full - self.moving_mean) * scale + self.beta
            return tf.cast(result, self.compute_dtype)
        ghosts = self._ghosts(values.shape[0])
        shape, parts = tf.shape(full), [ghosts, values.shape[0] // ghosts]
        split = tf.reshape(full, [*parts, *values.shape[1:]])
        inner = None if mask is None else tf.reshape(mask, [*parts, *mask.shape[1:]])
        mean, variance = ghost_moments(split, inner)
        self.moving_mean.assign(moved(self.moving_mean.value, mean, self.momentum))
        self.moving_variance.assign(moved(self.moving_variance.value, variance, self.momentum))
        wide = [ghosts, *[1] * (len(values.shape) - 1), values.shape[-1]]
        mean, variance = tf.reshape(mean, wide), tf.reshape(variance, wide)
        result = (split - mean) * (tf.math.rsqrt(variance + self.epsilon) * self.gamma) + self.beta
        return tf.cast(tf.reshape(result, shape), self.compute_dtype)

    def _ghosts(self, batch: int) -> int:
        if batch % min(self.size, batch):
            raise UsageError(
                f"ghost_batch_norm.size {self.size} does not divide the batch of {batch}; "
                "set another size"
            )
        return batch // min(self.size, batch)

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "momentum": self.momentum, "epsilon": self.epsilon}
        return {**super().get_config(), **own}
