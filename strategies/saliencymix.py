"""SaliencyMix: paste the part around another example's most salient pixel, and mix the labels."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._mixing import MIXED_TWICE, Pairs, blend
from strategies.cutmix import Cut, box, cuts

SURROUNDS = (8, 4, 2)
"""Windows that a pixel is compared with, as parts of the image's shorter side."""
FLAT = 1e-4
"""Saliency up to which an image has no salient pixel; it is what rounding leaves."""


def saliency(images: Tensor) -> Tensor:
    """Return how much each pixel differs from its surroundings: [B, H, W, C] -> float32 [B, H, W].

    It is the sum of the differences in brightness to the means of three windows. Windows end at the
    border.
    """
    height, width = images.shape[1:3]
    bright = tf.reduce_mean(tf.cast(images, tf.float32), axis=-1, keepdims=True)
    total = tf.zeros_like(bright)
    for part in SURROUNDS:
        size = 2 * max(1, min(height, width) // part // 2) + 1
        columns = tf.nn.avg_pool2d(bright, [size, 1], 1, "SAME")
        total += tf.abs(bright - tf.nn.avg_pool2d(columns, [1, size], 1, "SAME"))
    return total[..., 0]


def salient(images: Tensor, otherwise: Tensor) -> Tensor:
    """Return the place of the most salient pixel, as shares of height and width, float32 [B, 2].

    Args:
        images: [B, H, W, C].
        otherwise: places for images that are flat, float32 [B, 2] in [0, 1).
    """
    height, width = images.shape[1:3]
    values = tf.reshape(saliency(images), [-1, height * width])
    pixel = tf.argmax(values, axis=1, output_type=tf.int32)
    rows = (tf.cast(pixel // width, tf.float32) + 0.5) / float(height)
    columns = (tf.cast(pixel % width, tf.float32) + 0.5) / float(width)
    is_flat = tf.reduce_max(values, axis=1, keepdims=True) <= FLAT
    return tf.where(is_flat, otherwise, tf.stack([rows, columns], axis=1))


@dataclass(frozen=True)
class SaliencyMix(Strategy):
    """A box around the most salient pixel of another example, pasted at the same place.

    CutMix cuts a part that may show nothing of the object whose label it brings. Size, place and label
    are those of CutMix, but for the center of the box. Saliency is the difference of a pixel's
    brightness to the means of its surroundings, as in the detector that the authors take from OpenCV
    (Montabone & Soto 2010); its windows are scaled here to small images. Each source image has a
    center of its own, as in the paper. The authors' code takes that of one image for the whole batch.
    A flat image has none, and the center is random. The authors' code mixes half of the batches of
    CIFAR (`prob` .5); the default is 1, as for CutMix. Uddin et al. 2020, section 3.
    """

    alpha: float = parameter(1.0, low=0.05, high=16.0, log=True, tune=(0.2, 4.0), doc="of Beta")
    prob: float = parameter(1.0, low=0.0, high=1.0, tune=(0.25, 1.0), doc="chance of mixing")

    facts = Facts(
        name="saliencymix",
        family="mixing",
        paper=Paper(
            "Uddin, Monira, Shin, Chung, Bae",
            2020,
            "SaliencyMix: A Saliency Guided Data Augmentation Strategy for Better Regularization",
            "2006.01791",
        ),
        summary="pastes the part around another example's most salient pixel and mixes the labels",
        equation="x' = M x_i + (1 - M) x_j, M = 0 in a box around argmax saliency(x_j), l = mean(M)",
        modalities=("image",),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts=dict.fromkeys(
            ("cutmix", "fmix", "manifold_mixup", "mixup", "mixup_cutmix", "resizemix"), MIXED_TWICE
        ),
        claims=(
            "ImageNet top-1 error of ResNet-50 21.26% and of ResNet-101 20.09%",
            "error of WideResNet 2.76% on CIFAR-10 and 16.56% on CIFAR-100",
        ),
    )

    def draw(self, key: Tensor, size: int) -> Cut:
        return cuts(key, size, self.alpha, "example", self.prob)

    def features(self, batch: Batch, moment: Moment) -> Batch:
        pairs, center = moment.drawn
        around = tf.gather(salient(batch.values, center), pairs.partners)
        values, kept = box(batch.values, Cut(pairs, around))
        return Batch(values, batch.mask, blend(batch.targets, Pairs(pairs.partners, kept)))
