"""TrivialAugment: one random image operation of a random strength on each image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import Batch, Facts, Moment, Paper, Strategy, parameter, tf
from strategies._image_operations import Space, augment
from strategies._random import keys, uniform, whole

WIDE = Space(shear=0.99, translate=1.0, degrees=135.0, enhance=0.99, bits=6)
"""The wide ranges; 32 pixels of translation are a whole side of CIFAR's images."""
STRENGTHS = 31


@dataclass(frozen=True)
class TrivialAugment(Strategy):
    """Applies one operation, drawn for each image from fourteen, at a strength drawn for each too.

    The wide space: each strength from none to far beyond RandAugment's. Nothing to tune. Helps large
    networks trained for long. Mueller & Hutter 2021, algorithm 1, `TA (Wide)`.
    """

    prob: float = parameter(1.0, low=0.0, high=1.0, doc="probability of an image to be changed")

    facts: ClassVar = Facts(
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
        images, count = batch.values, batch.values.shape[0]
        choice, level, direction, acting = keys(moment.key, 4)
        strength = tf.cast(whole(level, [count], STRENGTHS), tf.float32) / (STRENGTHS - 1)
        sign = tf.where(uniform(direction, [count]) < 0.5, -1.0, 1.0)
        acts = uniform(acting, [count]) < self.prob
        return batch._replace(values=augment(images, strength, sign, acts, choice, WIDE))
