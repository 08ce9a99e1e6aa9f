"""ResizeMix: paste another example, made smaller, and mix the labels by its area."""

from dataclasses import dataclass
from typing import NamedTuple

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._mixing import MIXED_TWICE, Pairs, blend
from strategies._random import keys, uniform
from strategies._regions import replaced, within


class Patch(NamedTuple):
    """The partner of each example, and the size and the place of its picture in the example's."""

    partners: Tensor
    """int32 [B], a permutation of the batch."""
    scale: Tensor
    """float32 [B] in [0, 1), the patch's side as a share of the image's; 0 pastes nothing."""
    place: Tensor
    """float32 [B, 2] in [0, 1): from the top to the bottom, from the left to the right."""


def resized(images: Tensor, first: Tensor, size: Tensor, axis: int) -> Tensor:
    """Make images smaller along an axis: bilinear with antialiasing, as in `tf.image.resize`.

    Args:
        images: float32 [B, H, W, C].
        first, size: int32 [B], position and length of each smaller picture; the rest becomes 0.
        axis: 1 for rows, 2 for columns.
    """
    length = images.shape[axis]
    positions = tf.range(length, dtype=tf.float32)
    step = float(length) / tf.cast(tf.maximum(size, 1), tf.float32)[:, None, None]
    start = tf.cast(first, tf.float32)[:, None, None]
    center = (positions[None, :, None] - start + 0.5) * step - 0.5
    weights = tf.nn.relu(1.0 - tf.abs(center - positions[None, None, :]) / step)
    inside = tf.cast(within(first, size, length), tf.float32)[..., None]
    weights *= inside / tf.maximum(tf.reduce_sum(weights, axis=2, keepdims=True), 1e-6)
    return tf.einsum("bij,bjwc->biwc" if axis == 1 else "bij,bhjc->bhic", weights, images)


def resizemix(batch: Batch, patch: Patch) -> Batch:
    """Paste the whole picture of each partner, made smaller, into images [B, H, W, C].

    The partner's share of the label is the share of the pixels that were pasted.
    """
    height, width = batch.values.shape[1:3]
    tall, wide = (tf.cast(patch.scale * float(side), tf.int32) for side in (height, width))
    # The patch lies within the image, at each place with the same probability.
    top = tf.cast(patch.place[:, 0] * tf.cast(height - tall + 1, tf.float32), tf.int32)
    left = tf.cast(patch.place[:, 1] * tf.cast(width - wide + 1, tf.float32), tf.int32)
    others = tf.cast(tf.gather(batch.values, patch.partners), tf.float32)
    small = resized(resized(others, top, tall, 1), left, wide, 2)
    rows, columns = within(top, tall, height), within(left, wide, width)
    mixed = replaced(batch.values, tf.cast(small, batch.values.dtype), rows, columns)
    kept = 1.0 - tf.cast(tall * wide, tf.float32) / float(height * width)
    return Batch(mixed, None, blend(batch.targets, Pairs(patch.partners, kept)))


@dataclass(frozen=True)
class ResizeMix(Strategy):
    """The whole picture of another example, made smaller, pasted into each example.

    CutMix cuts a part that may show nothing of the object whose label it brings. A picture that is made
    smaller shows it all. The patch has sides of tau times the image's, tau ~ U(smallest, largest), and
    lies within the image. Labels mix by the pasted pixels; much code takes tau^2 from the sides before
    they are cut to whole pixels. It helps image networks that overfit. Qin et al. 2020, section 3.3.
    """

    smallest: float = parameter(0.1, low=0.0, high=0.95, doc="smallest scale of the sides")
    largest: float = parameter(0.8, low=0.05, high=0.99, tune=(0.3, 0.95), doc="largest scale")
    prob: float = parameter(1.0, low=0.0, high=1.0, tune=(0.25, 1.0), doc="chance of mixing")

    facts = Facts(
        name="resizemix",
        family="mixing",
        paper=Paper(
            "Qin, Fang, Zhang, Liu, Wang, Wang",
            2020,
            "ResizeMix: Mixing Data with Preserved Object Information and True Labels",
            "2012.11101",
        ),
        summary="pastes another example, made smaller, and mixes the labels by its area",
        equation="x' = x_i with R(x_j, tau) pasted, y' = (1 - l) y_i + l y_j, l = pasted area",
        modalities=("image",),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts=dict.fromkeys(("cutmix", "manifold_mixup", "mixup"), MIXED_TWICE),
        claims=(
            "better than CutMix on image classification and detection, at no cost beside it",
            "keeps object information that saliency-guided mixing needs a search for",
        ),
    )

    def draw(self, key: Tensor, size: int) -> Patch:
        order, scales, places, mixing = keys(key, 4)
        scale = self.smallest + uniform(scales, [size]) * (self.largest - self.smallest)
        mixed = uniform(mixing, [size]) < self.prob
        partners = tf.random.experimental.stateless_shuffle(tf.range(size), seed=order)
        return Patch(partners, tf.where(mixed, scale, 0.0), uniform(places, [size, 2]))

    def features(self, batch: Batch, moment: Moment) -> Batch:
        return resizemix(batch, moment.drawn)
