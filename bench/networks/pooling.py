"""From a masked sequence to one vector."""

from __future__ import annotations

import tensorflow as tf

from bench.core.strategy import Tensor


def masked_max(values: Tensor, mask: Tensor) -> Tensor:
    """Return the largest value over unmasked positions: [B, T, D] with mask [B, T] -> [B, D]."""
    return tf.reduce_max(tf.where(mask[..., None], values, values.dtype.min), axis=1)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over unmasked positions: [B, T, D] with mask [B, T] -> [B, D]."""
    weights = tf.cast(mask, values.dtype)[..., None]
    return tf.reduce_sum(values * weights, axis=1) / tf.reduce_sum(weights, axis=1)
