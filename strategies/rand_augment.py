"""RandAugment: apply a few random image operations of one strength to each image."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, parameter, tf
from strategies._image_operations import Space, augment
from strategies._random import keys

SPACE = Space(0.3, translate=150 / 331, degrees=30.0, enhance=0.9, bits=4, fill=0.5, whole=False)
"""AutoAugment's ranges and its gray border, as RandAugment took them over."""
STRONGEST = 10


@dataclass(frozen=True)
class RandAugment(Strategy):
    """A few operations, each drawn for each image from fourteen, at one common magnitude.

    They change geometry, color and tone; directions are random. The magnitude is on the paper's scale,
    of which 10 is as far as AutoAugment goes (torchvision's scale of 30 is another). 5 is the paper's
    choice for a Wide-ResNet-28-10 on CIFAR-10, with 3 operations; 2 operations and 9 are that for
    ImageNet. Two are the default, since short trainings of small networks underfit. Cubuk et al. 2019,
    section 3.
    """

    ops: int = parameter(2, low=1, high=4, doc="operations on each image, one after the other")
    magnitude: int = parameter(5, low=0, high=STRONGEST, tune=(1, 10), doc="strength, out of 10")
    prob: float = parameter(1.0, low=0.0, high=1.0, doc="probability that an operation acts")

    facts = Facts(
        name="rand_augment",
        family="augmentation",
        paper=Paper(
            "Cubuk, Zoph, Shlens, Le",
            2019,
            "RandAugment: Practical Automated Data Augmentation with a Reduced Search Space",
            "1909.13719",
        ),
        summary="random image operations of one strength",
        equation="x' = o_N(... o_1(x, M) ..., M), o_n ~ U(14 operations)",
        modalities=("image",),
        cost="cheap",
        identity={"prob": 0.0},
        rank=20,
        claims=(
            "ImageNet top-1 accuracy of EfficientNet-B7 85.0%, 1.0 points over its baseline",
            "matches or surpasses searched policies on CIFAR-10, CIFAR-100 and SVHN",
        ),
    )

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        images = batch.values
        strength = tf.fill(images.shape[:1], self.magnitude / STRONGEST)
        streams = keys(moment.key, 3 * self.ops)
        for turn in range(self.ops):
            of_turn = streams[3 * turn : 3 * turn + 3]
            images = augment(images, strength, self.prob, of_turn, SPACE)
        return batch._replace(values=images)
