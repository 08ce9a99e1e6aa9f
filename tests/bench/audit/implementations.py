"""Right and wrong implementations of techniques, as users write them."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bench import Batch
from strategies._mixing import pairs
from strategies.cutmix import cutmix, cuts
from strategies.label_smoothing import smooth
from strategies.mixup import mixup

NUMBERS = itertools.count()


def key() -> Any:
    return tf.random.uniform([2], 0, 2**31 - 1, tf.int32)


def good_mixup(images: Any, labels: Any, alpha: float = 0.2) -> Any:
    mixed = mixup(
        Batch(images, None, labels), pairs(key(), tf.shape(images)[0], alpha, "example", 1.0)
    )
    return mixed.values, mixed.targets


def batch_mixup(images: Any, labels: Any, alpha: float = 0.2) -> Any:
    mixed = mixup(
        Batch(images, None, labels), pairs(key(), tf.shape(images)[0], alpha, "batch", 1.0)
    )
    return mixed.values, mixed.targets


def good_cutmix(images: Any, labels: Any, alpha: float = 1.0) -> Any:
    size = tf.shape(images)[0]
    mixed = cutmix(Batch(images, None, labels), cuts(key(), size, alpha, "example", 1.0))
    return mixed.values, mixed.targets


def blended(images: Any, labels: Any, share: Any, of_labels: Any, order: Any) -> Any:
    by_pixel = share[:, None, None, None]
    mixed = by_pixel * images + (1.0 - by_pixel) * tf.gather(images, order)
    rows = of_labels[:, None]
    return mixed, rows * labels + (1.0 - rows) * tf.gather(labels, order)


def swapped_mixup(images: Any, labels: Any) -> Any:
    size = tf.shape(images)[0]
    share = pairs(key(), size, 0.2, "example", 1.0).share
    order = tf.random.shuffle(tf.range(size))
    return blended(images, labels, share, 1.0 - share, order)


def uniform_mixup(images: Any, labels: Any) -> Any:
    size = tf.shape(images)[0]
    share = tf.random.uniform([size])
    return blended(images, labels, share, share, tf.random.shuffle(tf.range(size)))


def fixed_mixup(images: Any, labels: Any) -> Any:
    size = tf.shape(images)[0]
    share = pairs(key(), size, 0.2, "example", 1.0).share
    return blended(images, labels, share, share, tf.roll(tf.range(size), 1, 0))


class AlwaysMixUp(keras.layers.Layer):
    """Mixes in evaluation too, and one lambda serves all its calls."""

    def call(self, images: Any, labels: Any, training: bool = False) -> Any:
        share = tf.fill([tf.shape(images)[0]], tf.constant(0.7))
        return blended(images, labels, share, share, tf.reverse(tf.range(tf.shape(images)[0]), [0]))


def unclipped_cutmix(images: Any, labels: Any) -> Any:
    size = tf.shape(images)[0]
    cut = cuts(key(), size, 1.0, "example", 1.0)
    mixed = cutmix(Batch(images, None, labels), cut)
    share = cut.pairs.share[:, None]
    partners = tf.gather(labels, cut.pairs.partners)
    return mixed.values, share * labels + (1.0 - share) * partners


def good_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    return tf.nn.softmax_cross_entropy_with_logits(smooth(y_true, smoothing), y_pred)


def others_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    classes = y_true.shape[-1]
    labels = y_true * (1.0 - smoothing) + (1.0 - y_true) * smoothing / (classes - 1)
    return tf.nn.softmax_cross_entropy_with_logits(labels, y_pred)


def summed_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    return tf.reduce_sum(good_loss(y_true, y_pred, smoothing))


def sparse_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    """Take class numbers."""
    return good_loss(tf.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype), y_pred, smoothing)


def smaller_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    return 0.9 * good_loss(y_true, y_pred, smoothing)


def larger_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    return 1.1 * good_loss(y_true, y_pred, smoothing)


def hard_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    """Round mixed labels to one class."""
    return good_loss(tf.round(y_true), y_pred, smoothing)


def naive_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    """Overflow where a logit is large."""
    logs = y_pred - tf.math.log(tf.reduce_sum(tf.exp(y_pred), -1, keepdims=True))
    return -tf.reduce_sum(smooth(y_true, smoothing) * logs, -1)


def scaled_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    """Overflow in float16: the loss is scaled up and down again."""
    return good_loss(y_true, y_pred, smoothing) * 1e5 / 1e5


def good_dropout(values: Any, rate: float = 0.3, training: bool = True) -> Any:
    return tf.nn.dropout(values, rate) if training else values


def unscaled_dropout(values: Any, rate: float = 0.3, training: bool = True) -> Any:
    return tf.nn.dropout(values, rate) * (1.0 - rate) if training else values


def row_dropout(values: Any, rate: float = 0.3, training: bool = True) -> Any:
    return tf.nn.dropout(values, rate, [tf.shape(values)[0], 1]) if training else values


def evaluated_dropout(values: Any, rate: float = 0.3, training: bool = True) -> Any:
    return tf.nn.dropout(values, rate)


class MaskedDropout(keras.layers.Layer):
    """Subtracts a number that float16 does not have."""

    def __init__(self, rate: float = 0.3) -> None:
        super().__init__()
        self.rate = rate

    def call(self, values: Any, training: bool = True) -> Any:
        if not training:
            return values
        dropped = tf.cast(tf.random.uniform(tf.shape(values)) < self.rate, values.dtype)
        far = tf.where(dropped > 0.0, tf.constant(1e5, values.dtype) * dropped, values)
        return tf.where(far > 5e4, 0.0, far + 0.0 * tf.constant(1e5, values.dtype)) / (
            1.0 - self.rate
        )


def good_erasing(image: Any) -> Any:
    """Erase a square of one picture [H, W, C]: Cutout as a map over single pictures."""
    height, width = image.shape[0], image.shape[1]
    row = tf.random.uniform([], 0, height, tf.int32) - 8
    column = tf.random.uniform([], 0, width, tf.int32) - 8
    rows, columns = tf.range(height), tf.range(width)
    inside = ((rows >= row) & (rows < row + 16))[:, None] & (
        (columns >= column) & (columns < column + 16)
    )
    return tf.where(inside[..., None], tf.zeros_like(image), image)


def batch_flip(images: Any, labels: Any) -> Any:
    """One coin for the whole batch, and labels that move with it."""
    coin = tf.random.uniform([]) < 0.5
    return tf.where(coin, images[:, :, ::-1], images), tf.where(coin, labels[::-1], labels)


def python_coin(images: Any, labels: Any) -> Any:
    """Draw a number while a pipeline is traced; then it stays the same."""
    return images * np.random.random(), labels


def evaluated_labels(images: Any, labels: Any, training: bool = True) -> Any:
    """Smooth labels in evaluation too."""
    return images, 0.9 * labels + 0.1 / labels.shape[-1]


def casting_mixup(images: Any, labels: Any) -> Any:
    """Turn class numbers [B] into [B, B]."""
    return swapped_mixup(images, tf.cast(labels, tf.float32))


def unit_range(
    images: Any, labels: Any, value_range: Any = (0.0, 1.0), num_classes: int = 10
) -> Any:
    return images, labels


not_callable = 3


class NeedsAlpha:
    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def __call__(self, images: Any, labels: Any) -> Any:
        return good_mixup(images, labels, self.alpha)


def broken_mixup(images: Any, labels: Any) -> Any:
    raise ValueError("no pictures today")


LATE = itertools.count()


def late_mixup(images: Any, labels: Any, alpha: float = 0.2) -> Any:
    """Raises at the sixth call in Python, when the checks have long begun."""
    if next(LATE) > 4:
        raise RuntimeError("no more")
    return good_mixup(images, labels, alpha)


def open_range(images: Any, labels: Any, value_range: Any = (255,)) -> Any:
    return good_mixup(images, labels)


class ForgetfulDropout(keras.layers.Layer):
    """Returns the mask alone, in training."""

    def __init__(self, rate: float = 0.5) -> None:
        super().__init__()
        self.rate = rate

    def mask(self, values: Any) -> Any:
        return tf.nn.dropout(tf.ones_like(values), self.rate)

    def call(self, values: Any, training: bool = False) -> Any:
        return self.mask(values) if training else values


class AdditiveDropout(ForgetfulDropout):
    def call(self, values: Any, training: bool = False) -> Any:
        return values + self.mask(values) - 1.0 if training else values


class GradientlessDropout(ForgetfulDropout):
    def call(self, values: Any, training: bool = False) -> Any:
        return tf.stop_gradient(values * self.mask(values)) if training else values


class ClippedDropout(ForgetfulDropout):
    def call(self, values: Any, training: bool = False) -> Any:
        return values * self.mask(values) if training else tf.clip_by_value(values, 0.0, 1.0)
