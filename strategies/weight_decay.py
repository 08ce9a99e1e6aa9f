"""Decoupled weight decay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bench import Facts, Moment, Paper, Strategy, Tensor, Update, Weights, parameter


def decay(variables: Sequence[Any], amount: float | Tensor) -> None:
    """Shrinks each variable in place by a share `amount` of itself."""
    for variable in variables:
        variable.assign_sub(amount * variable)


@dataclass(frozen=True)
class WeightDecay(Strategy):
    """Shrinks kernels and embeddings a little in each step, beside the optimizer's update.

    The share is the learning rate times `rate`, as in AdamW of PyTorch and Keras; no scale of a
    normalization and no bias is touched. Unlike an L2 penalty it is not divided by Adam's estimate
    of the gradient's size. The shorter the training, the larger the best rate. Costs nothing.
    Loshchilov & Hutter 2017, algorithm 2.
    """

    rate: float = parameter(0.05, low=0.0, high=10.0, log=True, tune=(5e-3, 2.0), doc="lambda")

    facts: ClassVar = Facts(
        name="weight_decay",
        family="weights",
        paper=Paper(
            "Loshchilov, Hutter", 2017, "Decoupled Weight Decay Regularization", "1711.05101"
        ),
        summary="shrinks kernels and embeddings in each step, apart from the gradient",
        equation="w <- w - eta lambda w, then the optimizer's update",
        modalities=("image", "text"),
        cost="cheap",
        identity={"rate": 0.0},
        rank=30,
        claims=(
            "Adam generalizes substantially better with it than with an L2 penalty",
            "the best decay depends less on the learning rate than the best L2 penalty does",
        ),
    )

    def update(
        self,
        weights: Weights,
        gradients: Sequence[Any],
        state: Sequence[Any],
        moment: Moment,
        rest: Update,
    ) -> None:
        kernels = [w for w, yes in zip(weights.trainable, weights.decayed, strict=True) if yes]
        decay(kernels, moment.learning_rate * self.rate)
        rest(gradients)
