"""Weight standardization."""

from dataclasses import dataclass

from bench import Facts, Paper, Slot, Strategy, Tensor, parameter, tf


def standardize(kernel: Tensor, epsilon: float, gain: str = "none") -> Tensor:
    """Give a kernel [..., in, out] mean 0 and variance 1 over all that feeds an output channel.

    With `gain` "he" the variance is 2 / fan-in, which keeps the scale of activations through ReLUs.
    """
    full = tf.cast(kernel, tf.float32)
    axes = list(range(len(kernel.shape) - 1))
    mean, variance = tf.nn.moments(full, axes, keepdims=True)
    standard = (full - mean) * tf.math.rsqrt(variance + epsilon)
    if gain == "he":
        fan_in = 1
        for size in kernel.shape[:-1]:
            fan_in *= size
        standard *= (2.0 / fan_in) ** 0.5
    return tf.cast(standard, kernel.dtype)


@dataclass(frozen=True)
class WeightStandardization(Strategy):
    """Kernels with mean 0 and a fixed variance for each output channel.

    The raw kernels are trained through it. It is meant to go with group normalization at small batches.
    The paper's unit variance needs a normalization after each convolution, which cancels any `gain`.
    The gain 2 / fan-in (Brock et al. 2021, 2101.08692) makes it work without one. It costs little:
    kernels are small beside activations. Qiao et al. 2019, equations 5 to 7.
    """

    gain: str = parameter("he", choices=("he", "none"), doc="variance 2 / fan-in, or the paper's 1")
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

    def kernel(self, slot: Slot, kernel: Tensor) -> Tensor:
        return standardize(kernel, self.epsilon, self.gain)
