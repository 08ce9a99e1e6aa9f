"""MixUp: train on blends of two examples and of their labels."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._mixing import MIXED_TWICE, Pairs, blend, pairs


def mixup(batch: Batch, pairs: Pairs) -> Batch:
    """Blend each example with its partner: values, soft targets and mask.

    Padding counts as zeros, as in wordMixup (Guo 2019, 1905.08941). The mask is the union of the masks
    of those that have a share in the blend.
    """
    values, mask = batch.values, batch.mask
    if mask is not None:
        values = tf.where(mask[..., None], values, tf.zeros([], values.dtype))
        share = pairs.share[:, None]
        mask = (mask & (share > 0.0)) | (tf.gather(mask, pairs.partners) & (share < 1.0))
    return Batch(blend(values, pairs), mask, blend(batch.targets, pairs))


@dataclass(frozen=True)
class MixUp(Strategy):
    """Each example blended with another of the batch, lambda to 1 - lambda, and the labels with them.

    It blends pixels of images and embeddings of text. lambda ~ Beta(alpha, alpha), so with a small
    alpha one of the two mostly dominates. It helps networks that overfit, and their calibration.
    Training converges more slowly. The paper's alpha for CIFAR-10 is 1, in 200 epochs; for ImageNet it
    is .2, and larger values underfit in 90 epochs (section 3.1). The default is .2, since the networks
    here are small and their trainings short. Zhang et al. 2017, equation 1.
    """

    alpha: float = parameter(0.2, low=0.05, high=16.0, log=True, tune=(0.1, 2.0), doc="of Beta")
    prob: float = parameter(1.0, low=0.0, high=1.0, doc="probability of being mixed")
    per: str = parameter("example", choices=("example", "batch"), doc="what shares a lambda")

    facts = Facts(
        name="mixup",
        family="mixing",
        paper=Paper(
            "Zhang, Cisse, Dauphin, Lopez-Paz",
            2017,
            "mixup: Beyond Empirical Risk Minimization",
            "1710.09412",
        ),
        summary="trains on blends of two examples and of their labels",
        equation="x' = l x_i + (1 - l) x_j, y' = l y_i + (1 - l) y_j, l ~ Beta(alpha, alpha)",
        modalities=("image", "text"),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts=dict.fromkeys(("cutmix", "manifold_mixup"), MIXED_TWICE),
        default=True,
        claims=(
            "ImageNet top-1 error of ResNet-50 at 90 epochs 23.3% instead of 23.5%",
            "CIFAR-10 error of PreAct ResNet-18 4.2% instead of 5.6% (alpha 1)",
            "less memorizing of wrong labels, more robust to adversarial examples",
        ),
    )

    def draw(self, key: Tensor, size: int) -> Pairs:
        return pairs(key, size, self.alpha, self.per, self.prob)

    def features(self, batch: Batch, moment: Moment) -> Batch:
        return mixup(batch, moment.drawn)
