"""L2 penalty on the weights."""

from dataclasses import dataclass

from bench import (
    Differentiate,
    Facts,
    Gradients,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Tensors,
    Weights,
    parameter,
    tf,
)


def penalty(variables: Tensors, strength: float | Tensor) -> Tensor:
    """Return strength / 2 times the sum of squares; its gradient is strength times each variable."""
    return strength * tf.add_n([tf.nn.l2_loss(variable) for variable in variables])


@dataclass(frozen=True)
class L2(Strategy):
    """The objective plus (lambda / 2) |w|^2 over kernels and embeddings.

    It penalizes no scale of a normalization and no bias. Under Adam the penalty's gradient is divided
    by the gradient's size like any other, so it is not weight decay (see `weight_decay`). Krogh & Hertz
    1991, equation 3; lambda as for residual networks (He et al. 2015, 1512.03385).
    """

    strength: float = parameter(1e-4, low=0.0, high=1.0, log=True, tune=(1e-5, 1e-2), doc="lambda")

    facts = Facts(
        name="l2",
        family="weights",
        paper=Paper("Krogh, Hertz", 1991, "A Simple Weight Decay Can Improve Generalization"),
        summary="adds the squares of kernels and embeddings to the objective",
        equation="L' = L + (lambda / 2) sum w^2",
        modalities=("image", "text"),
        cost="cheap",
        identity={"strength": 0.0},
        rank=20,
        claims=(
            "suppresses components of the weights that the task does not need",
            "suppresses some of the effect of static noise on the targets",
        ),
    )

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        loss, values = rest()
        penalized = list(zip(weights.trainable, weights.decayed, strict=True))
        pulled = [
            gradient + self.strength * weight if yes else gradient
            for gradient, (weight, yes) in zip(values, penalized, strict=True)
        ]
        return Gradients(loss + penalty([w for w, yes in penalized if yes], self.strength), pulled)
