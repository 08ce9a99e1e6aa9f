"""Normalization layers that Keras lacks, or has in a slower form.

All of them compute in float32, because sums of squares overflow in float16.
"""

from typing import Any

import keras
import tensorflow as tf

from bench import Tensor, UsageError

LEAST_EPSILON = 1e-5
"""Smallest number added to a variance that cuDNN's batch normalization takes."""


class ChannelNormalization(keras.layers.Layer):
    """Base of the layers here: a scale and a shift for each channel after a normalization."""

    def __init__(self, epsilon: float, **keras_options: Any) -> None:
        super().__init__(**keras_options)
        self.epsilon = epsilon
        self.supports_masking = True

    def channel_weight(
        self, name: str, shape: tuple[int | None, ...], start: str, trainable: bool = True
    ) -> Any:
        """Add a float32 weight [C] for inputs of a shape [..., C]."""
        return self.add_weight(
            name=name, shape=shape[-1:], initializer=start, trainable=trainable, autocast=False
        )

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.gamma = self.channel_weight("gamma", shape, "ones")
        self.beta = self.channel_weight("beta", shape, "zeros")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's batch normalization, with one kernel for feature maps [B, H, W, C] in training.

    Keras computes moments, scale and shift operation by operation. On a CPU this takes two to three
    times as long (`python -m tests.perf.fused_normalization`).
    """

    def call(
        self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None
    ) -> Tensor:
        fuses = len(inputs.shape) == 4 and mask is None and self.epsilon > LEAST_EPSILON
        if not (training and self.trainable and fuses):
            return super().call(inputs, training=training, mask=mask)
        full = tf.cast(inputs, tf.float32)
        outputs, mean, unbiased, *_ = tf.raw_ops.FusedBatchNormV3(
            x=full, scale=self.gamma, offset=self.beta, mean=[], variance=[], epsilon=self.epsilon
        )
        count = tf.cast(tf.reduce_prod(tf.shape(full)[:3]), tf.float32)
        kept, share = self.momentum, 1.0 - self.momentum
        self.moving_mean.assign(kept * self.moving_mean + share * mean)
        variance = unbiased * (count - 1.0) / count
        self.moving_variance.assign(kept * self.moving_variance + share * variance)
        return tf.cast(outputs, self.compute_dtype)


class GroupedNormalization(ChannelNormalization):
    """Group normalization of feature maps [B, H, W, C], or of every position of [B, T, D].

    The statistics of a position are its own, so padding changes nothing and no mask is needed. Maps are
    first reduced to the moments of each channel: Keras's own layer takes twice as long on a CPU where
    groups have few channels.
    """

    def __init__(self, groups: int, epsilon: float = 1e-5, **keras_options: Any) -> None:
        super().__init__(epsilon, **keras_options)
        self.groups = groups

    def build(self, shape: tuple[int | None, ...]) -> None:
        channels = shape[-1]
        if channels is None or channels % self.groups:
            raise UsageError(
                f"group_norm.groups {self.groups} does not divide the {channels} channels of "
                f"{self.name}; set another number"
            )
        super().build(shape)

    def call(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        full = tf.cast(values, tf.float32)
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

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups}


def normalized(values: Tensor, mask: Tensor | None, epsilon: float) -> Tensor:
    """Normalize each example and channel to mean 0 and variance 1 over the unmasked positions.

    Padding becomes 0: by the statistics of a text of one word, whose variance is 0, it could overflow.

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


class SequenceNormalization(ChannelNormalization):
    """Instance normalization of [B, T, D] with a mask [B, T]."""

    def call(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        full = tf.cast(values, tf.float32)
        scaled = normalized(full, mask, self.epsilon) * self.gamma + self.beta
        return tf.cast(scaled, self.compute_dtype)


def rescaled(values: Tensor, epsilon: float) -> Tensor:
    """Divide each example of float32 values [B, ...] by its root mean square."""
    axes = list(range(1, len(values.shape)))
    square = tf.reduce_mean(tf.square(values), axes, keepdims=True)
    return values * tf.math.rsqrt(square + epsilon)


class MapRMSNormalization(ChannelNormalization):
    """RMS normalization of [B, H, W, C] over height, width and channels, without a shift.

    `keras.layers.RMSNormalization` would have a scale for every pixel.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.scale = self.channel_weight("scale", shape, "ones")

    def call(self, values: Tensor) -> Tensor:
        full = tf.cast(values, tf.float32)
        return tf.cast(rescaled(full, self.epsilon) * self.scale, self.compute_dtype)


def ghost_sizes(batch: int, size: int) -> list[int]:
    """Cut a batch into batch // size ghost batches of equal size; the last one may be smaller.

    The code of Hoffer et al. does the same if `size` does not divide the batch: 100 examples at a size
    of 32 become 34, 34 and 32.
    """
    part = -(-batch // max(1, batch // size))
    return [min(part, batch - start) for start in range(0, batch, part)]


def ghost_moments(values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance of each ghost batch and channel, float32 [G, C].

    Args:
        values: float32 [G, B / G, ..., C].
        mask: boolean [G, B / G, T] for values [G, B / G, T, C], or None.
    """
    axes = list(range(1, len(values.shape) - 1))
    if mask is None:
        return tf.nn.moments(values, axes)
    return tf.nn.weighted_moments(values, axes, tf.cast(mask, values.dtype)[..., None])


def all_ghost_moments(
    values: Tensor, mask: Tensor | None, sizes: list[int]
) -> tuple[Tensor, Tensor]:
    """Return the moments [G, C] of values [B, ..., C] in ghost batches of the given sizes."""
    equal = sizes.count(sizes[0])
    moments, start = [], 0
    for count, size in ((equal, sizes[0]), (len(sizes) - equal, sizes[-1])):
        if count:
            part = slice(start, start + count * size)
            ghosts = tf.reshape(values[part], [count, size, *values.shape[1:]])
            masks = None if mask is None else tf.reshape(mask[part], [count, size, mask.shape[1]])
            moments.append(ghost_moments(ghosts, masks))
            start += count * size
    means, variances = zip(*moments, strict=True)
    return tf.concat(means, 0), tf.concat(variances, 0)


def moved(average: Tensor, statistics: Tensor, momentum: float) -> Tensor:
    """Return a moving average [C] after it took in the statistics [G, C] one after another."""
    count = statistics.shape[0]
    shares = [(1.0 - momentum) * momentum ** (count - 1 - i) for i in range(count)]
    return average * momentum**count + tf.linalg.matvec(statistics, shares, transpose_a=True)


class GhostBatchNormalization(ChannelNormalization):
    """Batch normalization of [B, H, W, C] or masked [B, T, C] in ghost batches of `size` examples.

    A batch smaller than `size` is one ghost batch. See `ghost_sizes` for a batch that `size` does not
    divide.
    """

    def __init__(
        self, size: int = 32, momentum: float = 0.9, epsilon: float = 1e-3, **keras_options: Any
    ) -> None:
        super().__init__(epsilon, **keras_options)
        self.size, self.momentum = size, momentum

    def build(self, shape: tuple[int | None, ...]) -> None:
        super().build(shape)
        self.moving_mean = self.channel_weight("moving_mean", shape, "zeros", False)
        self.moving_variance = self.channel_weight("moving_variance", shape, "ones", False)

    def call(self, values: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        full = tf.cast(values, tf.float32)
        if not training:
            scale = tf.math.rsqrt(self.moving_variance + self.epsilon) * self.gamma
            result = (full - self.moving_mean) * scale + self.beta
            return tf.cast(result, self.compute_dtype)
        sizes = ghost_sizes(values.shape[0], self.size)
        mean, variance = all_ghost_moments(full, mask, sizes)
        self.moving_mean.assign(moved(self.moving_mean.value, mean, self.momentum))
        self.moving_variance.assign(moved(self.moving_variance.value, variance, self.momentum))
        ghost = [number for number, size in enumerate(sizes) for _ in range(size)]
        wide = [values.shape[0], *[1] * (len(values.shape) - 2), values.shape[-1]]
        mean, variance = (tf.reshape(tf.gather(m, ghost), wide) for m in (mean, variance))
        result = (full - mean) * (tf.math.rsqrt(variance + self.epsilon) * self.gamma) + self.beta
        return tf.cast(result, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "momentum": self.momentum}
