"""Translate: move each image by a few pixels."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, parameter, tf
from strategies._random import uniform
from strategies.flip_crop import flip_and_crop


@dataclass(frozen=True)
class Translate(Strategy):
    """A shift of each image by up to `pixels` in both directions; the border is the reflected image.

    It is `flip_crop` without the flip, with the reflection of the public CIFAR-10 speed records. Two
    pixels serve short runs, four serve long ones. Simard et al. 2003; Jordan 2024 (2404.00498).
    """

    pixels: int = parameter(2, low=0, high=16, tune=(1, 6), doc="largest shift in each direction")

    facts = Facts(
        name="translate",
        family="augmentation",
        paper=Paper(
            "Jordan", 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", "2404.00498"
        ),
        summary="moves each image by a few pixels",
        equation="x'[i, j] = reflect(x)[i + a, j + b], a, b ~ U{-d..d}",
        modalities=("image",),
        cost="cheap",
        identity={"pixels": 0},
        conflicts={"flip_crop": "both move the images"},
        rank=12,
        claims=("part of the recipe that reaches 94% on CIFAR-10 in ten epochs",),
    )

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        count = batch.values.shape[0]
        pixels = tf.cast(self.pixels, tf.float32)
        offset = uniform(moment.key, [2, count]) * (2.0 * pixels + 1.0) - pixels
        top, left = tf.unstack(tf.cast(tf.floor(offset), tf.int32))
        unturned = tf.zeros([count], tf.bool)
        images = flip_and_crop(batch.values, top, left, unturned, "reflect")
        return batch._replace(values=images)
