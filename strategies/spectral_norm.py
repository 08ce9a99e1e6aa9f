"""Spectral normalization."""

from dataclasses import dataclass
from typing import Any

from bench import (
    Facts,
    Moment,
    Paper,
    Slot,
    Strategy,
    Tensor,
    Tensors,
    Update,
    Weights,
    parameter,
    tf,
)
from strategies._random import normal

FIRST_ITERATIONS = 15
"""Power iterations before the first step."""


def matrix(kernel: Tensor) -> Tensor:
    """Flatten a kernel [..., in, out] to float32 [inputs of a unit, out]."""
    return tf.cast(tf.reshape(kernel, [-1, kernel.shape[-1]]), tf.float32)


def left_vector(weights: Tensor, right: Tensor) -> Tensor:
    """Return the left singular vector [M] that a right one [N] of a matrix [M, N] gives."""
    return tf.math.l2_normalize(tf.linalg.matvec(weights, right), epsilon=1e-24)


def iterated(weights: Tensor, right: Tensor) -> Tensor:
    """Return the right singular vector [N] of a matrix [M, N] after one more power iteration."""
    left = left_vector(weights, right)
    return tf.math.l2_normalize(tf.linalg.matvec(weights, left, transpose_a=True), epsilon=1e-24)


def singular_value(weights: Tensor, right: Tensor) -> Tensor:
    """Estimate the largest singular value of a matrix [M, N].

    Its gradient takes both singular vectors as constants, so it is their outer product.

    Args:
        right: estimate of the right singular vector, float32 [N].
    """
    right = tf.stop_gradient(right)
    left = tf.stop_gradient(left_vector(weights, right))
    return tf.reduce_sum(left * tf.linalg.matvec(weights, right))


def normalized(kernel: Tensor, right: Tensor, limit: float | Tensor) -> Tensor:
    """Divide a kernel [..., in, out] so that its largest singular value is at most `limit`."""
    estimate = singular_value(matrix(kernel), right)
    return kernel / tf.cast(tf.maximum(1.0, estimate / limit), kernel.dtype)


@dataclass(frozen=True)
class SpectralNorm(Strategy):
    """Kernels of convolutions and dense layers whose largest singular value is at most a limit.

    The singular value is that of the kernel as a matrix with a column for each output channel. One power
    iteration a step, after the update, keeps an estimate of its right singular vector. All forward
    passes of the step and the evaluation use that. Gradients pass through the kernel and through the
    singular value, with both vectors as constants. The paper divides every kernel by its singular
    value, which is limit 1 for kernels above it. Here kernels below the limit stay as they are, as in
    Gouk et al. 2018 (1804.04368). Initial kernels have values of 1.5 to 3.2, so at limit 1 a network
    without normalization starts with weaker signals. A normalization layer behind a kernel cancels its
    scale. Weights that are evaluated in place of the trained ones, such as averages, are divided by
    estimates with the vectors of the trained ones. It does not reach the kernels of an LSTM. The paper
    trains discriminators of adversarial networks, whose noise a classifier does not have. It starts at
    a random vector. Here 15 more iterations come before the first step. Miyato et al. 2018, section 2.1
    and appendix A. The sections, and what is said of Gouk et al., are quoted from memory.
    """

    limit: float = parameter(
        1.0, low=1e-3, high=1e9, log=True, tune=(0.5, 8.0), doc="largest singular value"
    )

    facts = Facts(
        name="spectral_norm",
        family="normalization",
        paper=Paper(
            "Miyato, Kataoka, Koyama, Yoshida",
            2018,
            "Spectral Normalization for Generative Adversarial Networks",
            "1802.05957",
        ),
        summary="divides kernels so that no singular value exceeds a limit",
        equation="W' = W / max(1, sigma(W) / c), sigma by one power iteration a step",
        modalities=("image", "text"),
        cost="cheap",
        identity={"limit": 1e9},
        rank=5,
        conflicts={
            "weight_standardization": "standardized kernels have a fixed scale, whatever it was before"
        },
        claims=(
            "bounds the Lipschitz constant of a layer, and so of the network",
            "generative adversarial networks train stably under more settings, with better images",
        ),
    )

    def state(self, weights: Weights) -> list[Any]:
        vectors = []
        for number, place in enumerate(weights.kernels):
            flat = matrix(tf.convert_to_tensor(weights.trainable[place]))
            vector = normal(tf.constant([1802, number]), [flat.shape[1]])
            for _ in range(FIRST_ITERATIONS):
                vector = iterated(flat, vector)
            vectors.append(tf.Variable(vector, trainable=False))
        return vectors

    def kernel(self, slot: Slot, kernel: Tensor, state: Tensors, moment: Moment | None) -> Tensor:
        return normalized(kernel, state[slot.number], self.limit)

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        rest(gradients)
        for place, vector in zip(weights.kernels, state, strict=True):
            flat = matrix(tf.convert_to_tensor(weights.trainable[place]))
            vector.assign(iterated(flat, vector))
