"""RegMixup: the loss on blends of examples, added to the loss on the examples."""

from dataclasses import dataclass

from bench import (
    Batch,
    Facts,
    Loss,
    LossResult,
    Moment,
    Paper,
    Strategy,
    Tensor,
    parameter,
)
from strategies._mixing import MIXED_TWICE, Pairs, pairs
from strategies.mixup import mixup


@dataclass(frozen=True)
class RegMixUp(Strategy):
    """The cross-entropy of the examples, plus that of their blends with partners from the batch.

    MixUp trains on blends alone; here they regularize the loss on clean examples. lambda ~ Beta(alpha,
    alpha), and a large alpha blends about half and half. The objective is the paper's divided by 1 +
    eta, so that the learning rate keeps its meaning. It doubles the step's cost. Text is blended as
    MixUp does it, in embeddings. The alpha of 10 and the eta of 1 are the paper's for CIFAR, quoted
    from memory. Pinto et al. 2022, equation 3.
    """

    alpha: float = parameter(10.0, low=0.05, high=50.0, log=True, tune=(0.5, 30.0), doc="of Beta")
    eta: float = parameter(1.0, low=0.0, high=10.0, tune=(0.1, 2.0), doc="weight of the blends")
    per: str = parameter("example", choices=("example", "batch"), doc="what shares a lambda")

    facts = Facts(
        name="regmixup",
        family="mixing",
        paper=Paper(
            "Pinto, Yang, Lim, Torr, Dokania",
            2022,
            "RegMixup: Mixup as a Regularizer Can Surprisingly Improve Accuracy and Out "
            "Distribution Robustness",
            "2206.14502",
        ),
        summary="trains on examples, and on their blends beside them",
        equation="L = (CE(x, y) + eta CE(x', y')) / (1 + eta), x', y' blends with l ~ Beta(a, a)",
        modalities=("image", "text"),
        cost="double",
        continuous=True,
        identity={"eta": 0.0},
        conflicts=dict.fromkeys(
            (
                "cutmix",
                "fmix",
                "manifold_mixup",
                "mixup",
                "mixup_cutmix",
                "resizemix",
                "saliencymix",
            ),
            MIXED_TWICE,
        ),
        rank=13,
        claims=(
            "more accurate than MixUp and than plain training on CIFAR and ImageNet",
            "better at telling inputs of another distribution, where MixUp is worse",
        ),
    )

    def draw(self, key: Tensor, size: int) -> Pairs:
        return pairs(key, size, self.alpha, self.per, prob=1.0)

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        clean = rest(batch)
        blended = rest(mixup(batch, moment.drawn))
        losses = (clean.losses + self.eta * blended.losses) / (1.0 + self.eta)
        return clean._replace(losses=losses)
