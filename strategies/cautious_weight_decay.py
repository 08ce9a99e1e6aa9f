"""Cautious weight decay: decay only where the optimizer's update goes the same way."""

from dataclasses import dataclass

from bench import (
    Facts,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Tensors,
    Update,
    Weights,
    fused,
    parameter,
    tf,
)


def same_way(before: Tensor, after: Tensor) -> Tensor:
    """Return 1 where an update from `before` to `after` moved a weight toward 0 or not at all, else 0.

    That is where u w >= 0, for the update u that the optimizer subtracts. The signs are multiplied, not
    the values, whose product may vanish.
    """
    return tf.cast(tf.sign(before - after) * tf.sign(before) >= 0.0, before.dtype)


def decayed(starts: Tensors, ends: Tensors, amount: Tensor) -> list[Tensor]:
    """Return the weights after an update less a share of those before, where they go the same way."""
    pairs = zip(starts, ends, strict=True)
    return [after - amount * same_way(before, after) * before for before, after in pairs]


@dataclass(frozen=True)
class CautiousWeightDecay(Strategy):
    """Weight decay of the coordinates that the optimizer's update moves toward 0.

    The share is that of `weight_decay`, the learning rate times `rate`, with the same default, since
    the paper keeps the rate of plain decay. The mask compares the step of the optimizer, momentum
    included, with the weights before it. A weight that did not move decays, as in public
    implementations; an update below the last digit of a weight counts as none. Like plain decay it
    touches no scale of a normalization and no bias. It costs a copy of the weights for the step. Chen
    et al. 2025; checked against its abstract and implementations, not against its full text.
    """

    rate: float = parameter(0.5, low=0.0, high=10.0, log=True, tune=(5e-3, 2.0), doc="lambda")

    facts = Facts(
        name="cautious_weight_decay",
        family="weights",
        paper=Paper(
            "Chen, Li, Liang, Su, Xie, Wang Pierse, Liang, Lao, Liu",
            2025,
            "Cautious Weight Decay",
            "2510.12402",
        ),
        summary="shrinks the weights that the update moves toward 0",
        equation="w <- w - eta (u + lambda 1[u w >= 0] w), u is the optimizer's update",
        modalities=("image", "text"),
        cost="cheap",
        identity={"rate": 0.0},
        conflicts={"weight_decay": "each of them decays the weights"},
        rank=30,
        claims=(
            "better final loss and accuracy than weight decay in language models and on ImageNet",
            "needs no new parameter and no further tuning",
        ),
    )

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        kernels = [w for w, yes in zip(weights.trainable, weights.decayed, strict=True) if yes]
        starts = [tf.identity(weight) for weight in kernels]
        rest(gradients)
        amount = moment.learning_rate * self.rate
        for weight, value in zip(kernels, fused(decayed, starts, kernels, amount), strict=True):
            weight.assign(value)
