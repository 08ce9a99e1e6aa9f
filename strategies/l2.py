"""L2 penalty on the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bench import (
    Differentiate,
    Facts,
    Gradients,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Weights,
    parameter,
    tf,
)


def penalty(variables: Sequence[Any], strength: float | Tensor) -> Tensor:
    """strength / 2 times the sum of squares; its gradient is strength times each variable."""
    return strength * tf.add_n([tf.nn.l2_loss(variable) for variable in variables])


@dataclass(frozen=True)
class L2(Strategy):
    """Adds (lambda / 2) |w|^2 over kernels and embeddings to the objective.

    No scale of a normalization and no bias is penalized. Under Adam the penalty's gradient is
    divided by the gradient's size like any other, so it is not weight decay (see `weight_decay`).
    Costs next to nothing. Krogh & Hertz 1991, equation 3; lambda as for residual networks (He et al.
    2015, 1512.03385).
    """

    strength: float = parameter(1e-4, low=0.0, high=1.0, log=True, tune=(1e-5, 1e-2), doc="lambda")

    facts: ClassVar = Facts(
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
        kernels = [w for w, yes in zip(weights.trainable, weights.decayed, strict=True) if yes]
        pulled = [
            gradient + self.strength * weight if yes else gradient
            for gradient, weight, yes in zip(
                values, weights.trainable, weights.decayed, strict=True
            )
        ]
        return Gradients(loss + penalty(kernels, self.strength), pulled)
