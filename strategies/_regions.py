"""Rectangles of images: the common part of techniques that paste or blank them."""

from bench import Tensor, tf


def within(first: Tensor, size: Tensor, length: int) -> Tensor:
    """Mark the positions from `first` on, `size` of them: int32 [B], [B] -> boolean [B, length]."""
    positions = tf.range(length)[None, :]
    return (positions >= first[:, None]) & (positions < (first + size)[:, None])


def replaced(images: Tensor, others: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Take the pixels of `others` where both the row and the column are marked.

    Columns and channels are one axis here: a condition that is broadcast over channels takes four times
    as long on a CPU.

    Args:
        images, others: [B, H, W, C] of one type.
        rows, columns: boolean [B, H] and [B, W].
    """
    height, width, channels = images.shape[1:]
    inside = rows[:, :, None] & tf.repeat(columns, channels, axis=1)[:, None, :]
    flat = [tf.reshape(values, [-1, height, width * channels]) for values in (others, images)]
    return tf.reshape(tf.where(inside, *flat), tf.shape(images))
