"""GridMask: blank squares on a regular grid of some images."""

import math
from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._random import keys, uniform, whole
from strategies._schedule import ramped

ANGLES = [math.radians(degrees) for degrees in range(360)]
COSINES, SINES = [math.cos(a) for a in ANGLES], [math.sin(a) for a in ANGLES]
"""Tables, because XLA and TensorFlow round sines differently."""


def grid(
    height: int, width: int, unit: Tensor, shift: Tensor, ratio: float, degrees: Tensor
) -> Tensor:
    """Mark the pixels that a grid keeps: boolean [B, height, width].

    The plane is tiled with squares of side `unit`. Of each, rows and columns of ceil(ratio unit) pixels
    are kept, so that a square of the rest is blanked. The grid is turned around the image's center.

    Args:
        height, width: size of the images in pixels.
        unit: int32 [B], side of a tile in pixels.
        shift: int32 [B, 2], row and column that a tile begins at, in [0, unit).
        ratio: share of a tile's side that is kept.
        degrees: int32 [B] in [0, 360).
    """
    cosine = tf.gather(tf.constant(COSINES), degrees)[:, None, None]
    sine = tf.gather(tf.constant(SINES), degrees)[:, None, None]
    row = (tf.range(height, dtype=tf.float32) - (height - 1) / 2)[None, :, None]
    column = (tf.range(width, dtype=tf.float32) - (width - 1) / 2)[None, None, :]
    side = tf.cast(unit, tf.float32)[:, None, None]
    kept = tf.math.ceil(ratio * side)
    start = tf.cast(shift, tf.float32)

    def blanked(turned: Tensor, length: int, first: Tensor) -> Tensor:
        # The nearest pixel of the grid before it was turned.
        position = tf.floor(turned + (length - 1) / 2 + 0.5) - first[:, None, None]
        return position - side * tf.floor(position / side) >= kept

    down = blanked(cosine * row + sine * column, height, start[:, 0])
    across = blanked(cosine * column - sine * row, width, start[:, 1])
    return ~(down & across)


@dataclass(frozen=True)
class GridMask(Strategy):
    """Squares on a regular grid set to the mean color, in ever more of the images.

    Each image draws the unit of its grid, its place and its angle. The chance of a grid grows linearly
    to `prob` over the first 80% of the training, as in the paper (240 of 300 epochs). Blanking all
    images from the start hurts. Cutout may hide a whole object or nothing of it, while a grid always
    hides a part. The unit is a share of the shorter side: .43 to 1 are 96 to 224 pixels, the authors'
    range for ImageNet at 224. The settings for CIFAR-10 could not be checked. Chen et al. 2020, section
    3.
    """

    prob: float = parameter(0.8, low=0.0, high=1.0, tune=(0.2, 1.0), doc="chance, after the ramp")
    ratio: float = parameter(0.6, low=0.1, high=0.9, tune=(0.3, 0.8), doc="kept share of a side")
    smallest: float = parameter(0.43, low=0.05, high=1.0, doc="smallest unit, share of a side")
    largest: float = parameter(1.0, low=0.05, high=2.0, doc="largest unit, share of a side")
    degrees: int = parameter(360, low=1, high=360, doc="angles are below; 1 turns no grid")
    ramp: float = parameter(0.8, low=0.0, high=1.0, doc="share of the steps until `prob`")

    facts = Facts(
        name="grid_mask",
        family="augmentation",
        paper=Paper("Chen, Liu, Zhao, Jia", 2020, "GridMask Data Augmentation", "2001.04086"),
        summary="blanks squares on a grid, in ever more images",
        equation="x' = x M, M = 0 in a square of side (1 - r) d of each tile of side d, turned",
        modalities=("image",),
        cost="cheap",
        identity={"prob": 0.0},
        rank=30,
        claims=(
            "ImageNet accuracy of ResNet-50 77.9% instead of 76.5%",
            "better than Cutout, and than AutoAugment, whose search is expensive",
        ),
    )

    def features(self, batch: Batch, moment: Moment) -> Batch:
        count, height, width = batch.values.shape[:3]
        chance, units, places, angles = keys(moment.key, 4)
        side = float(min(height, width))
        share = self.smallest + uniform(units, [count]) * (self.largest - self.smallest)
        unit = tf.maximum(tf.cast(tf.round(share * side), tf.int32), 2)
        shift = tf.cast(uniform(places, [count, 2]) * tf.cast(unit, tf.float32)[:, None], tf.int32)
        turns = whole(angles, [count], self.degrees)
        kept = grid(height, width, unit, shift, self.ratio, turns)
        prob = ramped(self.prob, self.ramp, moment.progress)
        kept |= (uniform(chance, [count]) >= prob)[:, None, None]
        return batch._replace(values=batch.values * tf.cast(kept, batch.values.dtype)[..., None])
