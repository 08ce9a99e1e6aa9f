"""TrivialAugment: apply one random image operation of a random strength to each image."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, parameter, tf
from strategies._image_operations import Space, augment
from strategies._random import keys, whole

WIDE = Space(0.99, translate=1.0, degrees=135.0, enhance=0.99, bits=6, fill=0.0, whole=True)
"""The wide ranges; 32 pixels of translation are a whole side of CIFAR's images. The border is black."""
STRENGTHS = 31


@dataclass(frozen=True)
class TrivialAugment(Strategy):
    """One operation, drawn for each image from fourteen, at a strength drawn for each too.

    This is the wide space: strengths go from none to far beyond RandAugment's. As in the authors' code,
    degrees, pixels and bits are cut to whole numbers and the border is black; enhancements go 1 +- .99,
    as in torchvision, where the authors go from .01 to 2. It has nothing to tune. It helps large
    networks trained for long. Mueller & Hutter 2021, algorithm 1, `TA (Wide)`.
    """

    prob: float = parameter(1.0, low=0.0, high=1.0, doc="probability that an image is changed")

    facts = Facts(
        name="trivial_augment",
        family="augmentation",
        paper=Paper(
            "Mueller, Hutter",
            2021,
            "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation",
            "2103.10158",
        ),
        summary="one random image operation of a random strength",
        equation="x' = o(x, m), o ~ U(14 operations), m ~ U{0..30}",
        modalities=("image",),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts={"rand_augment": "each of them is a whole policy of the same operations"},
        rank=20,
        claims=(
            "outperforms searched policies and RandAugment on most benchmarks, almost for free",
        ),
    )

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        choice, level, *others = keys(moment.key, 4)
        levels = whole(level, batch.values.shape[:1], STRENGTHS)
        strength = tf.cast(levels, tf.float32) / (STRENGTHS - 1)
        images = augment(batch.values, strength, self.prob, [choice, *others], WIDE)
        return batch._replace(values=images)
