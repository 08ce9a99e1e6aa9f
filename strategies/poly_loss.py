"""Poly-1 loss: the cross-entropy with another weight for its leading term."""

from dataclasses import dataclass

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, Tensor, parameter, tf


def missing_probability(targets: Tensor, logits: Tensor) -> Tensor:
    """Return sum_k y_k (1 - p_k) for soft targets and logits: [B, K], [B, K] -> [B]."""
    return tf.reduce_sum(targets * (1.0 - tf.nn.softmax(logits)), axis=-1)


@dataclass(frozen=True)
class PolyLoss(Strategy):
    """The cross-entropy plus epsilon times the probability that the label's class does not get.

    -log p is the sum of (1 - p)^j / j. The added term changes the weight of its first member, j = 1,
    which has the largest part of the gradient near the end of the training. For soft labels the term is
    the mean over the labels, as the paper has it for smoothed labels. Above 0 it makes predictions more
    confident, below 0 less. The default is the paper's for ImageNet; its detectors take -1. It stands
    inside label smoothing and mixing, so that it sees their targets. Leng et al. 2022, Poly-1.
    """

    epsilon: float = parameter(
        2.0, low=-1.0, high=20.0, tune=(-1.0, 5.0), doc="weight added to the first term"
    )

    facts = Facts(
        name="poly_loss",
        family="targets and loss",
        paper=Paper(
            "Leng, Tan, Liu, Cubuk, Shi, Cheng, Anguelov",
            2022,
            "PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions",
            "2204.12511",
        ),
        summary="gives the leading term of the cross-entropy another weight",
        equation="L = CE(y, p) + epsilon sum_k y_k (1 - p_k)",
        modalities=("image", "text"),
        cost="free",
        identity={"epsilon": 0.0},
        conflicts={
            "focal_loss": "the paper's term for the focal loss is another one, (1 - p)^(gamma + 1)",
            "generalized_cross_entropy": "it changes a term of the cross-entropy, which is replaced",
        },
        rank=60,
        claims=(
            "better than cross-entropy and focal loss in 2D classification, segmentation and detection "
            "and in 3D detection, with one parameter and one line of code",
        ),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        outcome = rest(batch)
        missing = missing_probability(outcome.targets, outcome.logits)
        return outcome._replace(losses=outcome.losses + self.epsilon * missing)
