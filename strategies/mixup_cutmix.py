"""MixUp or CutMix: one of the two for each example."""

from dataclasses import dataclass
from typing import NamedTuple

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._mixing import MIXED_TWICE, Pairs, pairs
from strategies._random import keys, uniform
from strategies.cutmix import Cut, cutmix, cuts
from strategies.mixup import mixup


class Choice(NamedTuple):
    """Draws for both techniques, and the choice of one for each example."""

    blended: Pairs
    cut: Cut
    cuts: Tensor
    """Boolean [B], true for CutMix."""


def chosen(cuts: Tensor, cut: Tensor, blended: Tensor) -> Tensor:
    """Select whole examples [B, ...]; `cuts` is boolean [B]."""
    return tf.where(tf.reshape(cuts, [-1] + [1] * (len(cut.shape) - 1)), cut, blended)


@dataclass(frozen=True)
class MixUpCutMix(Strategy):
    """MixUp for some examples and CutMix for the others, as the well-known recipes switch.

    Both mix the original examples, never the result of the other. The recipes draw one of them for a
    whole batch (`per` batch); the default draws for each example, where a small batch has both. Alphas
    of .2 and 1 at even chances are those of the long recipe A1 of Wightman et al.; DeiT takes .8 and 1
    (2012.12877). It needs a long schedule. Wightman et al. 2021, section 3.
    """

    mixup_alpha: float = parameter(
        0.2, low=0.05, high=16.0, log=True, tune=(0.1, 1.0), doc="of MixUp's Beta"
    )
    cutmix_alpha: float = parameter(1.0, low=0.05, high=16.0, log=True, doc="of CutMix's Beta")
    switch: float = parameter(0.5, low=0.0, high=1.0, tune=(0.1, 0.9), doc="chance of CutMix")
    prob: float = parameter(1.0, low=0.0, high=1.0, tune=(0.25, 1.0), doc="chance of mixing")
    per: str = parameter("example", choices=("example", "batch"), doc="what shares a draw")

    facts = Facts(
        name="mixup_cutmix",
        family="mixing",
        paper=Paper(
            "Wightman, Touvron, Jegou",
            2021,
            "ResNet strikes back: An improved training procedure in timm",
            "2110.00476",
        ),
        summary="mixes each example by MixUp or by CutMix",
        equation="(x', y') = CutMix(x, y) with probability s, else MixUp(x, y)",
        modalities=("image", "text"),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts=dict.fromkeys(("cutmix", "manifold_mixup", "mixup", "resizemix"), MIXED_TWICE),
        claims=("part of a recipe with which a ResNet-50 reaches 80.4% on ImageNet (600 epochs)",),
    )

    def draw(self, key: Tensor, size: int) -> Choice:
        blending, cutting, switching = keys(key, 3)
        blended = pairs(blending, size, self.mixup_alpha, self.per, self.prob)
        cut = cuts(cutting, size, self.cutmix_alpha, self.per, self.prob)
        chance = uniform(switching, [1 if self.per == "batch" else size])
        return Choice(blended, cut, tf.broadcast_to(chance < self.switch, [size]))

    def features(self, batch: Batch, moment: Moment) -> Batch:
        blended, cut, cutting = moment.drawn
        mixed, pasted = mixup(batch, blended), cutmix(batch, cut)
        mask = None if batch.mask is None else chosen(cutting, pasted.mask, mixed.mask)
        values = chosen(cutting, pasted.values, mixed.values)
        return Batch(values, mask, chosen(cutting, pasted.targets, mixed.targets))
