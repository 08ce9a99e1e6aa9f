"""Dropout with its strength as a tensor: what the techniques that drop something share."""

from __future__ import annotations

from typing import Any

from bench import Tensor, tf
from strategies._random import uniform


def dropped(values: Tensor, rate: float | Tensor, key: Tensor, shape: Any = None) -> Tensor:
    """Values multiplied by 0 with probability `rate`, else by 1 / (1 - rate).

    The noise is made and applied in float32, so that mixed precision drops the same and with the
    same probability as full precision; at rate 0 it multiplies by exactly 1.

    Args:
        values: [B, ...] of any floating type.
        rate: in [0, 1).
        key: stateless random key, int32 [2].
        shape: of the noise, broadcast to that of the values; theirs where None.
    """
    drawn = uniform(key, tf.shape(values) if shape is None else shape)
    noise = tf.where(drawn >= rate, 1.0 / (1.0 - rate), 0.0)
    return tf.cast(tf.cast(values, tf.float32) * noise, values.dtype)
