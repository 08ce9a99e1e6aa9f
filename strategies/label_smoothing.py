"""Label smoothing: the target's weight is shared a little with all classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, Tensor, parameter


def smooth(targets: Tensor, smoothing: float | Tensor) -> Tensor:
    """Soft targets [B, K] with a share `smoothing` spread evenly over the K classes.

    With two classes and smoothing 0.2, 0/1 become 0.1/0.9; with ten, 0.02/0.82.
    """
    return targets * (1.0 - smoothing) + smoothing / targets.shape[-1]


@dataclass(frozen=True)
class LabelSmoothing(Strategy):
    """Trains toward y (1 - s) + s / K, so that no logit gains from growing without bound.

    Helps calibration and often accuracy of a network that overfits; costs nothing. It commutes with
    MixUp and CutMix. Szegedy et al. 2015, section 7.
    """

    smoothing: float = parameter(0.1, low=0.0, high=0.9, tune=(0.02, 0.3), doc="s, the share")

    facts: ClassVar = Facts(
        name="label_smoothing",
        family="targets and loss",
        paper=Paper(
            "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
            2015,
            "Rethinking the Inception Architecture for Computer Vision",
            "1512.00567",
        ),
        summary="spreads a share of each label evenly over the classes",
        equation="y' = y (1 - s) + s / K",
        modalities=("image", "text"),
        cost="free",
        identity={"smoothing": 0.0},
        default=True,
        claims=("ImageNet top-1 and top-5 errors of Inception-v3 0.2 points lower",),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        return rest(batch._replace(targets=smooth(batch.targets, self.smoothing)))
