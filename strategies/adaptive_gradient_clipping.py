"""Adaptive gradient clipping: limit the gradient of each unit relative to its weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import Facts, Moment, Paper, Strategy, Tensor, Tensors, Update, Weights, parameter, tf
from strategies._weights import are_kernels, inputs, norms

SMALLEST = 1e-3
"""Smallest norm that a unit's weights count with, so that weights at 0 can move."""


def unit_axes(weights: Weights) -> list[tuple[int, ...]]:
    """Return for each weight the axes that belong to one unit.

    They are a kernel's inputs of a unit, the vector of a word in an embedding, and a bias or scale as a
    whole.
    """
    each = zip(
        weights.trainable, are_kernels(weights), weights.tables, inputs(weights), strict=True
    )
    return [
        axes if is_kernel else (-1,) if is_table else tuple(range(len(weight.shape)))
        for weight, is_kernel, is_table, axes in each
    ]


def scales(gradient: Tensor, weight: Tensor, limit: float | Tensor, axes: Sequence[int]) -> Tensor:
    """Return the factor of each unit's gradient that brings it to `limit` times its weights' norm.

    It is exactly 1 for a unit within the limit.
    """
    allowed = limit * tf.maximum(norms(weight, axes), SMALLEST)
    return tf.minimum(1.0, allowed / norms(gradient, axes))


@dataclass(frozen=True)
class AdaptiveGradientClipping(Strategy):
    """Gradients of each unit scaled down to `limit` times the norm of the unit's weights.

    So no step changes a unit by a large part of its norm. It replaces the stabilizing effect of batch
    normalization at large batches. It does not touch the layer of the logits, as the paper advises, and
    takes a bias or a scale as one unit, as the authors' code does. The paper has no embeddings; here
    the vector of a word is a unit. The default is the paper's for batches of 4096 under SGD; smaller
    batches take larger limits, .16 at most in its figures. A record has the share of the units that
    were clipped. Brock et al. 2021, section 4.
    """

    limit: float = parameter(0.01, low=1e-4, high=1e9, log=True, tune=(2e-3, 0.5), doc="lambda")

    facts = Facts(
        name="adaptive_gradient_clipping",
        family="optimization",
        paper=Paper(
            "Brock, De, Smith, Simonyan",
            2021,
            "High-Performance Large-Scale Image Recognition Without Normalization",
            "2102.06171",
        ),
        summary="limits the gradient of each unit relative to its weights",
        equation="g_i <- g_i min(1, lambda max(|w_i|, .001) / |g_i|) for each unit i",
        modalities=("image", "text"),
        cost="moderate",
        identity={"limit": 1e9},
        rank=10,
        claims=(
            "networks without normalization train at batch sizes of 4096",
            "86.5% top-1 accuracy on ImageNet without batch normalization",
        ),
    )

    def state(self, weights: Weights) -> list[Any]:
        return [tf.Variable(0.0, trainable=False) for _ in range(2)]

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        heads = weights.heads or [False] * len(weights.trainable)
        clipped, shares, units = [], [], 0
        each = zip(gradients, weights.trainable, unit_axes(weights), heads, strict=True)
        for gradient, weight, axes, is_head in each:
            factor = scales(gradient, weight, self.limit, axes)
            clipped.append(gradient if is_head else gradient * factor)
            if not is_head:
                shares.append(tf.reduce_sum(tf.cast(factor < 1.0, tf.float32)))
                units += factor.shape.num_elements()
        state[0].assign_add(tf.add_n(shares) / max(units, 1) if shares else 0.0)
        state[1].assign_add(1.0)
        rest(clipped)

    def measured(self, state: Tensors) -> dict[str, float]:
        """Return the share of the units that were clipped, as a mean over the steps."""
        total, steps = (float(variable) for variable in state)
        return {"clipped": total / steps if steps else 0.0}
