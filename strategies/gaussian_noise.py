"""Gaussian noise on hidden activations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter, tf
from strategies._random import positive


def quantiles(whole: Tensor) -> Tensor:
    """Return the quantiles (n + 1/2) / 2^23 of the standard normal distribution, float32.

    23 bits and a half are in (0, 1) without rounding, so none is infinite. The largest is 5.3.
    """
    return math.sqrt(2.0) * tf.math.erfinv((whole + 0.5) * 2.0**-22 - 1.0)


def normal(key: Tensor, shape: Sequence[int] | Tensor) -> Tensor:
    """Draw float32 numbers from the standard normal distribution, with and without XLA the same."""
    bits = tf.random.stateless_uniform(shape, positive(key), None, None, tf.uint32)
    return quantiles(tf.cast(tf.bitwise.right_shift(bits, tf.constant(9, tf.uint32)), tf.float32))


def with_noise(values: Tensor, deviation: float | Tensor, key: Tensor) -> Tensor:
    """Add normal numbers of a deviation to values [B, ...]; the sum is in float32."""
    noise = deviation * normal(key, tf.shape(values))
    return tf.cast(tf.cast(values, tf.float32) + noise, values.dtype)


@dataclass(frozen=True)
class GaussianNoise(Strategy):
    """Normal numbers of one deviation added to activations at all slots, in training only.

    It is the additive counterpart of dropout, whose noise grows with the activation. A network without
    normalization can escape it by larger activations. For small noise it penalizes the sensitivity of
    the output to each hidden layer. The paper studies autoencoders and tunes the deviation of each
    layer; the default is small against activations of variance 1. Poole et al. 2014, sections 2 and 3.
    """

    deviation: float = parameter(
        0.1, low=0.0, high=10.0, log=True, tune=(0.01, 1.0), doc="standard deviation"
    )

    facts = Facts(
        name="gaussian_noise",
        family="noise in the network",
        paper=Paper(
            "Poole, Sohl-Dickstein, Ganguli",
            2014,
            "Analyzing noise in autoencoders and deep neural networks",
            "1406.1831",
        ),
        summary="adds normal noise to hidden activations",
        equation="y = x + sigma n, n ~ N(0, 1)",
        modalities=("image", "text"),
        cost="moderate",
        identity={"deviation": 0.0},
        claims=(
            "noise other than dropout improves a deep network: its features are sparser and spread",
            "noise in an autoencoder makes it denoise better than noise at its input alone",
        ),
    )

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        return with_noise(values, self.deviation, moment.key)
