"""Dropout with its strength as a tensor: the common part of all techniques that drop values."""

from typing import Any

from bench import Slot, Tensor, tf
from strategies._random import uniform


def dropped(values: Tensor, rate: float | Tensor, key: Tensor, shape: Any = None) -> Tensor:
    """Multiply values by 0 with probability `rate`, else by 1 / (1 - rate).

    The noise is made and applied in float32. So mixed precision drops the same values, with the same
    probability, as full precision. At rate 0 it multiplies by exactly 1.

    Args:
        values: [B, ...] of any floating type.
        rate: scalar in [0, 1).
        key: stateless random key, int32 [2].
        shape: shape of the noise, broadcast to that of the values; the same shape where None.
    """
    drawn = uniform(key, tf.shape(values) if shape is None else shape)
    noise = tf.where(drawn >= rate, 1.0 / (1.0 - rate), 0.0)
    return tf.cast(tf.cast(values, tf.float32) * noise, values.dtype)


def dropped_by_kind(
    slot: Slot, values: Tensor, rate: float | Tensor, sequence_rate: float | Tensor, key: Tensor
) -> Tensor:
    """Drop out vectors [B, D] and sequences [B, T, D], each at its rate; leave feature maps alone."""
    if slot.kind == "map":
        return values
    return dropped(values, rate if slot.kind == "vector" else sequence_rate, key)
