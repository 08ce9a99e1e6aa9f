"""Label smoothing: share a little of the target's weight with all classes."""

from dataclasses import dataclass

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, Tensor, parameter


def smooth(targets: Tensor, smoothing: float | Tensor) -> Tensor:
    """Spread a share `smoothing` of soft targets [B, K] evenly over the K classes.

    With two classes and smoothing 0.2, 0/1 become 0.1/0.9; with ten, 0.02/0.82.
    """
    return targets * (1.0 - smoothing) + smoothing / targets.shape[-1]


@dataclass(frozen=True)
class LabelSmoothing(Strategy):
    """Targets y (1 - s) + s / K, so that no logit gains from growing without bound.

    It helps calibration and often accuracy of a network that overfits. It commutes with MixUp and
    CutMix. Szegedy et al. 2015, section 7.
    """

    smoothing: float = parameter(0.1, low=0.0, high=0.9, tune=(0.02, 0.3), doc="s, the share")

    facts = Facts(
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
