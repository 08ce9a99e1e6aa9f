"""Weight standardization."""

import math
from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, Tensors, parameter, tf

RELU_GAIN = 2.0 / (1.0 - 1.0 / math.pi)
"""Variance of a standardized kernel, times its fan-in, that keeps the scale through ReLUs: 1.71^2."""


def standardize(kernel: Tensor, epsilon: float, gain: str = "none") -> Tensor:
    """Give a kernel [..., in, out] mean 0 and variance 1 over all that feeds an output channel.

    With `gain` "relu" the variance is 2 / (1 - 1 / pi) / fan-in, which keeps the scale of activations
    through ReLUs. He's 2 / fan-in would shrink it by a third a layer: a kernel of mean 0 does not see
    the mean of its inputs, and the variance of a ReLU's output is (1 - 1 / pi) / 2 of that of its
    input.
    """
    full = tf.cast(kernel, tf.float32)
    axes = list(range(len(kernel.shape) - 1))
    mean, variance = tf.nn.moments(full, axes, keepdims=True)
    standard = (full - mean) * tf.math.rsqrt(variance + epsilon)
    if gain == "relu":
        standard *= (RELU_GAIN / math.prod(kernel.shape[:-1])) ** 0.5
    return tf.cast(standard, kernel.dtype)


@dataclass(frozen=True)
class WeightStandardization(Strategy):
    """Kernels of convolutions with mean 0 and a fixed variance for each output channel.

    Gradients pass through the standardization to the raw kernels. It is meant for use with group
    normalization at small batches. The paper's unit variance needs a normalization after each
    convolution, which cancels any `gain`. The gain of Brock et al. 2021 (2101.08692, section 3) makes
    it work without one. Qiao et al. 2019, equations 5 to 7.
    """

    gain: str = parameter("relu", choices=("relu", "none"), doc="that of ReLUs, or variance 1")
    epsilon: float = parameter(1e-5, low=1e-10, high=1e-2, log=True, doc="added to the variance")

    facts = Facts(
        name="weight_standardization",
        family="normalization",
        paper=Paper(
            "Qiao, Wang, Liu, Shen, Yuille",
            2019,
            "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization",
            "1903.10520",
        ),
        summary="standardizes the kernel of each output channel before it is used",
        equation="W' = g (W - mean_W) / sqrt(var_W + eps)",
        modalities=("image",),
        cost="cheap",
        identity="every kernel is standardized; no setting leaves the raw ones",
        claims=(
            "smooths the loss: smaller Lipschitz constants of the loss and its gradients",
            "with group norm and one image a batch, matches or beats batch norm at large batches",
        ),
    )

    def kernel(self, slot: Slot, kernel: Tensor, state: Tensors, moment: Moment | None) -> Tensor:
        if slot.kind != "convolution":
            return kernel
        return standardize(kernel, self.epsilon, self.gain)
