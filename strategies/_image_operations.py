"""The fourteen image operations of RandAugment and TrivialAugment, one on each image of a batch.

XLA needs fixed shapes, and computing every operation for every image would cost fourteen times as much.
So each operation has ceil(B / 14) seats, every image takes a seat at random, each operation works on
its seats, and the images are put back in order. Each image's operation is uniform over the fourteen.

The operations are those of Pillow, by which the papers define them, on pixels in [0, 1]. On gray images
`color` changes nothing, as in Pillow; with other numbers of channels, which Pillow does not support,
the luminance is their mean.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from bench import Tensor, tf
from strategies._random import uniform

OPERATIONS = (
    "identity", "shear_x", "shear_y", "translate_x", "translate_y", "rotate", "brightness",
    "color", "contrast", "sharpness", "posterize", "solarize", "auto_contrast", "equalize",
)  # fmt: skip
"""Operations in the order of their seats."""
LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue."""


class Space(NamedTuple):
    """The reach of each operation at strength 1."""

    shear: float
    translate: float
    """Share of the width or height."""
    degrees: float
    enhance: float
    """Largest change of the factor of brightness, color, contrast and sharpness, from 1."""
    bits: int
    """Number of the 8 bits that posterizing removes."""
    fill: float
    """Value of the pixels from beyond the border."""
    whole: bool
    """True if degrees, pixels and bits are cut to whole numbers; else only bits are, by rounding."""


def deal(key: Tensor, size: int, operations: int) -> tuple[Tensor, Tensor]:
    """Seat a batch of `size` at some operations, ceil(size / operations) seats at each.

    Returns:
        the seat of each example, int32 [size], and the example on each seat, int32
        [operations * ceil(size / operations)]; a spare seat holds any example.
    """
    count = operations * math.ceil(size / operations)
    seats = tf.argsort(uniform(key, [count]))
    return seats[:size], tf.argsort(seats) % size


def augment(
    images: Tensor, strength: Tensor, prob: float | Tensor, keys: Sequence[Tensor], space: Space
) -> Tensor:
    """Apply one operation to each image.

    Args:
        images: [B, H, W, C] in [0, 1]; the whole shape is known when the graph is built.
        strength: float32 [B] in [0, 1].
        prob: probability that an image is changed at all.
        keys: stateless random keys, int32 [2]: for the choice of operations, for the direction of those
            that have one, and for whether they act.
        space: how far each operation goes at strength 1.
    """
    choice, direction, acting = keys
    sign = tf.where(uniform(direction, images.shape[:1]) < 0.5, -1.0, 1.0)
    acts = uniform(acting, images.shape[:1]) < prob
    seats, sitting = deal(choice, images.shape[0], len(OPERATIONS))
    by_operation = (len(OPERATIONS), sitting.shape[0] // len(OPERATIONS))
    seated = tf.reshape(tf.gather(images, sitting), (*by_operation, *images.shape[1:]))
    strength = tf.reshape(tf.gather(strength, sitting), by_operation)
    signs = tf.reshape(tf.gather(sign, sitting), by_operation)
    signed = strength * signs

    def reach(operation: int, most: float) -> Tensor:
        amount = strength[operation] * most
        return tf.floor(amount + 1e-3) if space.whole else amount  # a little more: rounding

    height, width = images.shape[1:3]
    maps = tf.concat(
        [
            moved(signed[1] * space.shear, "x by y"),
            moved(signed[2] * space.shear, "y by x"),
            moved(signs[3] * reach(3, space.translate * width), "x"),
            moved(signs[4] * reach(4, space.translate * height), "y"),
            rotated(signs[5] * reach(5, space.degrees), height, width),
        ],
        axis=0,
    )
    bare = [tf.zeros_like(seated[6]), grayed(seated[7]), flattened(seated[8]), smoothed(seated[9])]
    factor = tf.reshape(1.0 + signed[6:10] * space.enhance, [-1])
    done = [
        seated[0],
        transformed(tf.concat(tf.unstack(seated[1:6]), axis=0), maps, space.fill),
        enhanced(tf.concat(tf.unstack(seated[6:10]), axis=0), tf.concat(bare, axis=0), factor),
        posterized(seated[10], tf.cast(tf.round(reach(10, space.bits)), tf.int32)),
        solarized(seated[11], strength[11]),
        auto_contrasted(seated[12]),
        equalized(seated[13]),
        images,
    ]
    unchanged = tf.range(images.shape[0]) + sitting.shape[0]
    return tf.gather(tf.concat(done, axis=0), tf.where(acts, seats, unchanged))


# Geometry: an affine map [N, 6] says where a pixel of the result comes from ----------------------


def moved(amount: Tensor, what: str) -> Tensor:
    """Make maps that shear or move by float32 [N] amounts: `x by y`, `y by x`, `x`, `y` (pixels)."""
    place = {"x by y": 1, "x": 2, "y by x": 3, "y": 5}[what]
    return tf.constant([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]) + amount[:, None] * tf.one_hot(place, 6)


def rotated(degrees: Tensor, height: int, width: int) -> Tensor:
    """Make maps that rotate counterclockwise around the center, by float32 [N] degrees."""
    cosine, sine = tf.cos(degrees * (math.pi / 180.0)), tf.sin(degrees * (math.pi / 180.0))
    x, y = width / 2.0, height / 2.0
    return tf.stack(
        [cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y], axis=-1
    )


def transformed(images: Tensor, maps: Tensor, fill: float) -> Tensor:
    """Map images [N, H, W, C] by [N, 6], nearest pixel: x' = a x + b y + c, y' = d x + e y + f."""
    count, height, width, channels = images.shape
    y, x = tf.meshgrid(
        *(tf.range(n, dtype=tf.float32) + 0.5 for n in (height, width)), indexing="ij"
    )
    a, b, c, d, e, f = (m[:, None, None] for m in tf.unstack(maps, axis=-1))
    column = tf.cast(tf.floor(a * x + b * y + c), tf.int32)
    row = tf.cast(tf.floor(d * x + e * y + f), tf.int32)
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    row, column = tf.clip_by_value(row, 0, height - 1), tf.clip_by_value(column, 0, width - 1)
    pixel = (tf.range(count)[:, None, None] * height + row) * width + column
    sampled = tf.gather(tf.reshape(images, [-1, channels]), pixel)
    shown = tf.cast(inside, images.dtype)[..., None]
    return sampled * shown + fill * (1.0 - shown)


# Enhancement: away from a bare version of the image ----------------------------------------------


def enhanced(images: Tensor, bare: Tensor, factor: Tensor) -> Tensor:
    """Return bare + factor (image - bare), clipped; factors float32 [N]."""
    return tf.clip_by_value(bare + factor[:, None, None, None] * (images - bare), 0.0, 1.0)


def grayed(images: Tensor) -> Tensor:
    """Put every pixel's luminance into all channels; the channels' mean unless there are three."""
    channels = images.shape[-1]
    shares = LUMINANCE if channels == 3 else (1.0 / channels,) * channels
    luminance = tf.reduce_sum(images * tf.constant(shares), axis=-1, keepdims=True)
    return tf.broadcast_to(luminance, tf.shape(images))


def flattened(images: Tensor) -> Tensor:
    """Put the mean luminance of an image everywhere."""
    mean = tf.reduce_mean(grayed(images), axis=[1, 2, 3], keepdims=True)
    return tf.broadcast_to(mean, tf.shape(images))


def smoothed(images: Tensor) -> Tensor:
    """Replace each inner pixel by its mean with its eight neighbors, itself counted five times."""
    around = 9.0 * tf.nn.avg_pool2d(images, ksize=3, strides=1, padding="VALID")
    inner = (around + 4.0 * images[:, 1:-1, 1:-1]) / 13.0
    middle = tf.pad(tf.ones_like(inner, tf.bool), [[0, 0], [1, 1], [1, 1], [0, 0]])
    return tf.where(middle, tf.pad(inner, [[0, 0], [1, 1], [1, 1], [0, 0]]), images)


# Tones -------------------------------------------------------------------------------------------


def bytes_of(images: Tensor) -> Tensor:
    """Turn pixels in [0, 1] into whole numbers 0 to 255, float32."""
    return tf.round(images * 255.0)


def posterized(images: Tensor, removed: Tensor) -> Tensor:
    """Clear the lowest `removed` bits, int32 [N], of each pixel."""
    bits = removed[:, None, None, None]
    whole = tf.cast(bytes_of(images), tf.int32)
    kept = tf.bitwise.left_shift(tf.bitwise.right_shift(whole, bits), bits)
    return tf.cast(kept, tf.float32) / 255.0


def solarized(images: Tensor, strength: Tensor) -> Tensor:
    """Invert the pixels from 256 (1 - strength) on."""
    threshold = 256.0 * (1.0 - strength)[:, None, None, None]
    return tf.where(bytes_of(images) >= threshold, 1.0 - images, images)


def auto_contrasted(images: Tensor) -> Tensor:
    """Stretch each channel to [0, 1]; a channel of one value stays as it is."""
    low = tf.reduce_min(images, axis=[1, 2], keepdims=True)
    width = tf.reduce_max(images, axis=[1, 2], keepdims=True) - low
    stretched = (images - low) / tf.where(width > 0.0, width, 1.0)
    return tf.where(width > 0.0, stretched, images)


def equalized(images: Tensor) -> Tensor:
    """Flatten each channel's histogram, by Pillow's whole-number rule."""
    count, height, width, channels = images.shape
    histograms = count * channels
    values = tf.transpose(tf.cast(bytes_of(images), tf.int32), [0, 3, 1, 2])
    values = tf.reshape(values, [histograms, height * width])
    bins = values + 256 * tf.range(histograms)[:, None]
    ones = tf.ones([histograms * height * width], tf.int32)
    histogram = tf.math.unsorted_segment_sum(ones, tf.reshape(bins, [-1]), histograms * 256)
    histogram = tf.reshape(histogram, [histograms, 256])
    brightest = tf.reduce_max(values, axis=1) + 256 * tf.range(histograms)
    step = (height * width - tf.gather(tf.reshape(histogram, [-1]), brightest)) // 255
    below = tf.cumsum(histogram, axis=1, exclusive=True)
    table = (below + step[:, None] // 2) // tf.maximum(step, 1)[:, None]
    table = tf.where(step[:, None] > 0, tf.minimum(table, 255), tf.range(256))
    flat = tf.gather(tf.reshape(table, [-1]), bins)
    result = tf.reshape(tf.cast(flat, tf.float32) / 255.0, [count, channels, height, width])
    return tf.transpose(result, [0, 2, 3, 1])
