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
from strategies.resizemix import ResizeMix, resizemix

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
    """Raises at the sixth call, when the checks have long begun."""

    def check(value: Any) -> Any:
        if next(LATE) > 4:
            raise RuntimeError("no more")
        return value

    return good_mixup(
        tf.ensure_shape(tf.numpy_function(check, [images], images.dtype), images.shape), labels
    )


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


class NumpyDropout(ForgetfulDropout):
    """Draws its mask with NumPy: once, where its call is traced."""

    def call(self, values: Any, training: bool = False) -> Any:
        kept = np.random.random(values.shape) >= self.rate
        mask = tf.constant(kept, values.dtype) / (1.0 - self.rate)
        return values * mask if training else values


class SeededDropout(ForgetfulDropout):
    def __init__(self, rate: float = 0.5, seed: int | None = None) -> None:
        super().__init__(rate)
        self.seed = seed

    def call(self, values: Any, training: bool = False) -> Any:
        return tf.nn.dropout(values, self.rate, seed=self.seed) if training else values


class SeedlessDropout(SeededDropout):
    """Forgets its seed."""

    def call(self, values: Any, training: bool = False) -> Any:
        return tf.nn.dropout(values, self.rate) if training else values


def numpy_seed(images: Any, labels: Any, seed: int = 0) -> Any:
    """Take a seed and draw from NumPy's global state."""
    return images * np.random.random(), labels


def numpy_mixup(images: Any, labels: Any) -> Any:
    """Draw lambda with NumPy and partners with TensorFlow."""
    share = tf.constant(np.random.beta(1.0, 1.0, len(images)), tf.float32)
    return blended(images, labels, share, share, tf.random.shuffle(tf.range(len(images))))


def numpy_square(images: Any, labels: Any) -> Any:
    """Draw the place of a square with NumPy, and its gray with TensorFlow."""
    row, column = np.random.randint(0, 24, 2)
    inside = np.zeros(images.shape[1:3], bool)
    inside[row : row + 8, column : column + 8] = True
    gray = tf.random.uniform([len(images), 1, 1, 1], 0.0, 255.0)
    return tf.where(inside[..., None], gray, images), labels


def square(images: Any, labels: Any) -> Any:
    """Draw the place of a square with TensorFlow, for each picture."""
    size = len(images)
    first = tf.random.uniform([2, size, 1], 0, 24, tf.int32)
    rows, columns = ((tf.range(32) >= f) & (tf.range(32) < f + 8) for f in tf.unstack(first))
    return tf.where((rows[:, :, None] & columns[:, None, :])[..., None], 0.0, images), labels


def erasing_cutmix(images: Any, labels: Any) -> Any:
    """Paste nothing: the box is black."""
    mixed, targets = good_cutmix(images, labels)
    return tf.where(mixed == images, images, 0.0), targets


def boxed_cutmix(images: Any, labels: Any) -> Any:
    """One lambda for a batch, and a box for each example that the border clips."""
    size = tf.shape(images)[0]
    mixed = cutmix(Batch(images, None, labels), cuts(key(), size, 1.0, "batch", 1.0))
    return mixed.values, mixed.targets


def good_resizemix(images: Any, labels: Any) -> Any:
    patch = ResizeMix().draw(key(), tf.shape(images)[0])
    mixed = resizemix(Batch(images, None, labels), patch)
    return mixed.values, mixed.targets


def nearest_resizemix(images: Any, labels: Any) -> Any:
    """Paste a picture made half as large without a filter."""
    size = len(images)
    partners = tf.random.shuffle(tf.range(size))
    small = tf.gather(images, partners)[:, ::2, ::2]
    mixed = tf.concat([tf.concat([small, images[:, :16, 16:]], 2), images[:, 16:]], 1)
    return mixed, 0.75 * labels + 0.25 * tf.gather(labels, partners)


def erasing_resizemix(images: Any, labels: Any) -> Any:
    """Paste a gray patch."""
    mixed, targets = good_resizemix(images, labels)
    return tf.where(mixed == images, images, 100.0), targets


def unlabeled_resizemix(images: Any, labels: Any) -> Any:
    """Keep the labels, as if each picture were pasted into itself."""
    return good_resizemix(images, labels)[0], labels


def signed_erasing(images: Any, value_range: Any = (-1.0, 1.0)) -> Any:
    """Cutout for pixels in [-1, 1]: others are cut off."""
    images = tf.clip_by_value(images, *value_range)
    return good_erasing(images)


def signed_mixup(images: Any, labels: Any, value_range: Any = (-1.0, 1.0)) -> Any:
    return good_mixup(tf.clip_by_value(images, *value_range), labels)


def double_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    """Return float64."""
    return tf.cast(good_loss(y_true, y_pred, smoothing), tf.float64)


def typed_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    """Take class numbers of int64 alone."""
    tf.debugging.assert_type(y_true, tf.int64)
    return sparse_loss(y_true, y_pred, smoothing)


def swung_loss(y_true: Any, y_pred: Any, smoothing: float = 0.1) -> Any:
    """Have the mean of the right loss and another value for each example."""
    losses = good_loss(y_true, y_pred, smoothing)
    return losses + 0.1 * (losses - tf.reduce_mean(losses))


def double_mixup(images: Any, labels: Any) -> Any:
    """Take labels of float64 alone."""
    tf.debugging.assert_type(labels, tf.float64)
    mixed, targets = good_mixup(images, tf.cast(labels, tf.float32))
    return mixed, tf.cast(targets, tf.float64)


def truncating_mixup(images: Any, labels: Any) -> Any:
    """Give labels their type back, which cuts the weights off if it is an integer."""
    mixed, targets = good_mixup(images, tf.cast(labels, tf.float32))
    return mixed, tf.cast(targets, labels.dtype)
