"""From a masked sequence to one vector; a sequence without a token gives zeros."""

from __future__ import annotations

import tensorflow as tf

from bench.core.strategy import Tensor


def masked_max(values: Tensor, mask: Tensor) -> Tensor:
    """Return the largest value over unmasked positions: [B, T, D] with mask [B, T] -> [B, D]."""
    largest = tf.reduce_max(tf.where(mask[..., None], values, values.dtype.min), axis=1)
    return tf.where(tf.reduce_any(mask, axis=1)[:, None], largest, tf.zeros_like(largest))


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over unmasked positions: [B, T, D] with mask [B, T] -> [B, D]."""
    weights = tf.cast(mask, values.dtype)[..., None]
    count = tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)
    return tf.reduce_sum(values * weights, axis=1) / count
