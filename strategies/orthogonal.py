"""Orthogonality of kernels by the spectral restricted isometry property (SRIP)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
from strategies._random import keys, normal
from strategies._weights import kernels

SCHEDULE = ((0.1, 1e-2), (0.25, 1e-3), (0.35, 1e-5), (0.6, 0.0))
"""Share of the training -> factor of the strength from there on: epochs 20, 50, 70, 120 of 200."""


def matrix(kernel: Tensor, axes: Sequence[int]) -> Tensor:
    """Return a kernel as a matrix [large side, small side] of its inputs and units.

    Args:
        kernel: weights of any rank.
        axes: those over the inputs of a unit.
    """
    units = [axis for axis in range(len(kernel.shape)) if axis not in axes]
    rows = math.prod(kernel.shape[axis] for axis in axes)
    columns = math.prod(kernel.shape[axis] for axis in units)
    flat = tf.reshape(tf.transpose(kernel, [*axes, *units]), [rows, columns])
    return flat if rows >= columns else tf.transpose(flat)


def length(vector: Tensor) -> Tensor:
    """Return the norm of a vector; it has a gradient of 0, not NaN, where the vector is 0."""
    return tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(vector)), 1e-24))


def deviation(weights: Tensor, start: Tensor) -> Tensor:
    """Estimate the spectral norm of W^T W - I by two power iterations.

    Args:
        weights: W, float32 [M, N].
        start: float32 [N], any vector that is not 0.
    """

    def iterate(vector: Tensor) -> Tensor:
        return tf.linalg.matvec(weights, tf.linalg.matvec(weights, vector), True) - vector

    first = iterate(start)
    return length(iterate(first / length(first)))


def weakened(strength: float | Tensor, progress: Tensor) -> Tensor:
    """Return the strength at a share of the training, by the paper's schedule."""
    factor = tf.constant(1.0)
    for begin, value in SCHEDULE:
        factor = tf.where(progress >= begin, value, factor)
    return strength * factor


@dataclass(frozen=True)
class Orthogonal(Strategy):
    """The objective plus lambda times the spectral norm of W^T W - I, for each kernel W.

    It pulls the singular value that is farthest from 1 toward 1. W has a row for each input of a unit
    and a column for each unit. Of W^T W and W W^T the smaller one is taken, as in the authors' code. It
    has no effect on biases, scales and embeddings. Each step starts its power iterations at other
    random vectors. The gradient passes through both iterations. The strength is multiplied by 1e-2,
    1e-3, 1e-5 and 0 after 10%, 25%, 35% and 60% of the training. The authors' code falls at these
    points, and squares the norm, with a strength of .01. The factors, and the strength of .1 for the
    norm itself, are quoted from memory. Bansal et al. 2018, section 3.3 and the section on the
    schedule of the coefficients.
    """

    strength: float = parameter(0.1, low=0.0, high=10.0, log=True, tune=(1e-3, 1.0), doc="lambda")

    facts = Facts(
        name="orthogonal",
        family="weights",
        paper=Paper(
            "Bansal, Chen, Wang",
            2018,
            "Can We Gain More from Orthogonality Regularizations in Training Deep CNNs?",
            "1810.09102",
        ),
        summary="pulls the singular values of kernels toward 1, early in the training",
        equation="L' = L + lambda(t) sum_W sigma(W^T W - I), sigma by two power iterations",
        modalities=("image", "text"),
        cost="cheap",
        identity={"strength": 0.0},
        rank=20,
        claims=(
            "final accuracies of residual networks on CIFAR, SVHN and ImageNet rise",
            "faster and more stable convergence",
        ),
    )

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        loss, values = rest()
        pairs = kernels(weights)
        starts = keys(moment.key, len(pairs))
        with tf.GradientTape() as tape:
            matrices = [matrix(tf.convert_to_tensor(kernel), axes) for kernel, axes in pairs]
            norms = [
                deviation(flat, normal(start, [flat.shape[1]]))
                for flat, start in zip(matrices, starts, strict=True)
            ]
            penalty = weakened(self.strength, moment.progress) * tf.add_n(norms)
        pulls = tape.gradient(penalty, [kernel for kernel, axes in pairs])
        pull_of = {id(kernel): pull for (kernel, axes), pull in zip(pairs, pulls, strict=True)}
        pulled = [
            value + pull_of[id(weight)] if id(weight) in pull_of else value
            for weight, value in zip(weights.trainable, values, strict=True)
        ]
        return Gradients(loss + penalty, pulled)
