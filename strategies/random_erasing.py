"""Random erasing: fill a rectangle of some images with noise."""

from dataclasses import dataclass
from typing import NamedTuple

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._random import keys, uniform
from strategies._regions import replaced, within

TRIES = 32
"""Rectangles drawn for an image; at the defaults none of them fits for five images in a million."""
RANGE = 2.0
"""The paper's noise is uniform over all pixel values: about -2 to 2 where pixels are standardized."""


class Rectangles(NamedTuple):
    """A rectangle of each image; all are int32 [B], in pixels. A height of 0 is none."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor


def rectangles(
    key: Tensor,
    size: tuple[int, int, int],
    area: tuple[float, float],
    ratio: float,
) -> Rectangles:
    """Draw rectangles until they fit: area, aspect and corner are drawn again with each try.

    So large rectangles are rarer than small ones, as in the paper's algorithm 1. An image for which
    `TRIES` rectangles do not fit gets none.

    Args:
        key: stateless random key, int32 [2].
        size: number of images, and their height and width in pixels.
        area: smallest and largest area, a share of the image's.
        ratio: smallest aspect, height / width; the largest is 1 / ratio.
    """
    count, height, width = size
    share, shape, row, column = (uniform(one, [count, TRIES]) for one in keys(key, 4))
    pixels = (area[0] + share * (area[1] - area[0])) * float(height * width)
    aspect = ratio + shape * (1.0 / ratio - ratio)
    tall = tf.cast(tf.sqrt(pixels * aspect), tf.int32)
    wide = tf.cast(tf.sqrt(pixels / aspect), tf.int32)
    top = tf.cast(row * float(height), tf.int32)
    left = tf.cast(column * float(width), tf.int32)
    fits = (top + tall <= height) & (left + wide <= width)
    first = tf.argmax(tf.cast(fits, tf.int32), axis=1, output_type=tf.int32)
    tall = tf.where(fits, tall, 0)
    return Rectangles(*(tf.gather(v, first, batch_dims=1) for v in (top, left, tall, wide)))


def erase(images: Tensor, where: Rectangles, filling: Tensor) -> Tensor:
    """Put the filling [B, H, W, C] in place of the rectangles of images [B, H, W, C]."""
    rows = within(where.top, where.height, images.shape[1])
    columns = within(where.left, where.width, images.shape[2])
    return replaced(images, tf.cast(filling, images.dtype), rows, columns)


@dataclass(frozen=True)
class RandomErasing(Strategy):
    """A rectangle of random size and shape, in half of the images, filled with noise or the mean color.

    It imitates an object in front of the one to recognize. The whole rectangle lies in the image,
    unlike Cutout's square. It comes after standardization, where 0 is the mean color. The noise of each
    pixel and channel is uniform over [-2, 2], about all values that standardized pixels of photos have;
    the paper's is uniform over [0, 255]. Widely used code draws a corner at which the rectangle fits.
    Here a rectangle that does not fit is drawn again, as in the paper. Zhong et al. 2017, algorithm 1
    and section 4.2.
    """

    prob: float = parameter(0.5, low=0.0, high=1.0, tune=(0.1, 1.0), doc="chance for an image")
    smallest: float = parameter(0.02, low=0.001, high=0.5, doc="smallest area, share of the image")
    largest: float = parameter(0.4, low=0.02, high=0.9, tune=(0.1, 0.6), doc="largest area")
    ratio: float = parameter(
        0.3, low=0.05, high=1.0, doc="smallest aspect; the largest is 1 / ratio"
    )
    fill: str = parameter("noise", choices=("noise", "mean"), doc="what fills the rectangle")

    facts = Facts(
        name="random_erasing",
        family="augmentation",
        paper=Paper(
            "Zhong, Zheng, Kang, Li, Yang", 2017, "Random Erasing Data Augmentation", "1708.04896"
        ),
        summary="fills a rectangle of half of the images with noise",
        equation="x' = n in a rectangle of area U(s_l, s_h) and aspect U(r, 1 / r), n ~ U(pixels)",
        modalities=("image",),
        cost="cheap",
        identity={"prob": 0.0},
        rank=30,
        claims=(
            "adds to random cropping and flipping; more robust to occlusion",
            "filling with random values or the mean does better than with black or white",
        ),
    )

    def features(self, batch: Batch, moment: Moment) -> Batch:
        images = batch.values
        chance, places, noise = keys(moment.key, 3)
        area = (self.smallest, self.largest)
        where = rectangles(places, tuple(images.shape[:3]), area, self.ratio)
        erased = uniform(chance, images.shape[:1]) < self.prob
        where = where._replace(height=tf.where(erased, where.height, 0))
        filling = tf.zeros_like(images)
        if self.fill == "noise":
            filling = RANGE * (2.0 * uniform(noise, images.shape) - 1.0)
        return batch._replace(values=erase(images, where, filling))
