"""CutMix: paste a part of another example, and mix the labels by its area."""

from dataclasses import dataclass
from typing import NamedTuple

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, UsageError, parameter, tf
from strategies._mixing import MIXED_TWICE, Pairs, blend, pairs


class Cut(NamedTuple):
    """The partner of each example, and the size and the place of the part that is pasted from it."""

    pairs: Pairs
    center: Tensor
    """float32 [B, 2] in [0, 1), a share of the height and of the width, or of a text's length."""


def cuts(key: Tensor, size: int, alpha: float, per: str, prob: float | Tensor) -> Cut:
    """Draw the cuts of a batch of `size` examples; the arguments are those of `pairs`."""
    place = tf.random.experimental.stateless_fold_in(key, 3)
    center = tf.random.stateless_uniform([1 if per == "batch" else size, 2], place)
    drawn = pairs(key, size, alpha, per, prob)
    return Cut(drawn, tf.broadcast_to(center, [size, 2]))


def interval(center: Tensor, part: Tensor, length: Tensor, size: int) -> Tensor:
    """Mark the positions that lie in the interval that is cut; boolean [B, size].

    The interval has floor(part * length) positions around floor(center * length). Positions beyond the
    ends are lost.

    Args:
        center, part: float32 [B] in [0, 1].
        length: int32 [B], number of existing positions; at most `size`.
    """
    positions = tf.cast(length, tf.float32)
    width = tf.cast(part * positions, tf.int32)
    first = tf.cast(center * positions, tf.int32) - width // 2
    index = tf.range(size)[None, :]
    return (index >= first[:, None]) & (index < (first + width)[:, None])


def cutmix(batch: Batch, cut: Cut) -> Batch:
    """Paste a box of the partner into each image, a span of positions into each text.

    The label's share is the share of the pixels (unmasked positions) that were kept.
    """
    values, kept = box(batch.values, cut) if batch.mask is None else span(batch, cut)
    targets = blend(batch.targets, Pairs(cut.pairs.partners, kept))
    return Batch(values, batch.mask, targets)


def box(images: Tensor, cut: Cut) -> tuple[Tensor, Tensor]:
    """Paste boxes into images [B, H, W, C]; return them and the share kept [B].

    Columns and channels are one axis here: a condition that is broadcast over channels takes four times
    as long on a CPU.
    """
    if len(images.shape) != 4:
        raise UsageError(f"cutmix needs images [B, H, W, C] and got shape {images.shape}")
    height, width, channels = images.shape[1:]
    side = tf.sqrt(1.0 - cut.pairs.share)
    rows = interval(cut.center[:, 0], side, tf.fill(tf.shape(side), height), height)
    columns = interval(cut.center[:, 1], side, tf.fill(tf.shape(side), width), width)
    inside = rows[:, :, None] & tf.repeat(columns, channels, axis=1)[:, None, :]
    flat = tf.reshape(images, [-1, height, width * channels])
    mixed = tf.where(inside, tf.gather(flat, cut.pairs.partners), flat)
    pasted = count(rows) * count(columns) / (height * width)
    return tf.reshape(mixed, tf.shape(images)), 1.0 - pasted


def span(batch: Batch, cut: Cut) -> tuple[Tensor, Tensor]:
    """Paste spans into embeddings [B, T, D]; return them and the share kept [B].

    A span is pasted only where both texts have tokens. So the mask stays the example's own, without
    holes.
    """
    values, mask = batch.values, batch.mask
    partners, share = cut.pairs
    length = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    inside = interval(cut.center[:, 0], 1.0 - share, length, values.shape[1])
    inside &= mask & tf.gather(mask, partners)
    mixed = tf.where(inside[..., None], tf.gather(values, partners), values)
    # An empty text keeps all of nothing.
    return mixed, 1.0 - count(inside) / tf.maximum(count(mask), 1.0)


def count(there: Tensor) -> Tensor:
    """Count the true positions of each example: [B, N] -> float32 [B]."""
    return tf.math.count_nonzero(there, axis=1, dtype=tf.float32)


@dataclass(frozen=True)
class CutMix(Strategy):
    """A box of pixels (a span of embedded tokens) of another example, pasted into each example.

    The box has a share 1 - lambda of the picture, lambda ~ Beta(alpha, alpha), and is clipped at the
    border. Labels mix by the pixels that were really pasted. It helps image networks that overfit and
    localize poorly. The authors' code mixes every batch of ImageNet and half of those of CIFAR (`prob`
    .5). The default is 1, so that CutMix and MixUp mix equally many examples. Yun et al. 2019,
    equations 1 and 2.
    """

    alpha: float = parameter(1.0, low=0.05, high=16.0, log=True, tune=(0.2, 4.0), doc="of Beta")
    prob: float = parameter(1.0, low=0.0, high=1.0, tune=(0.25, 1.0), doc="chance of mixing")
    per: str = parameter("example", choices=("example", "batch"), doc="what shares a lambda")

    facts = Facts(
        name="cutmix",
        family="mixing",
        paper=Paper(
            "Yun, Han, Oh, Chun, Choe, Yoo",
            2019,
            "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features",
            "1905.04899",
        ),
        summary="pastes a part of another example and mixes the labels by its share",
        equation="x' = M x_i + (1 - M) x_j, y' = l y_i + (1 - l) y_j, l = mean(M)",
        modalities=("image", "text"),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts=dict.fromkeys(("manifold_mixup", "mixup"), MIXED_TWICE),
        default=True,
        claims=(
            "ImageNet top-1 error of ResNet-50 21.40% instead of 23.68%, MixUp 22.58% (300 epochs)",
            "CIFAR-100 error of PyramidNet-200 14.47% instead of 16.45%",
            "better localization and transfer to detection than MixUp and Cutout",
        ),
    )

    def draw(self, key: Tensor, size: int) -> Cut:
        return cuts(key, size, self.alpha, self.per, self.prob)

    def features(self, batch: Batch, moment: Moment) -> Batch:
        return cutmix(batch, moment.drawn)
