"""Layers with kernels that a strategy may reparametrize."""

from __future__ import annotations

import keras
import tensorflow as tf

from bench.core.strategy import Slot, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.kernels import convolution, gelu
from bench.networks.parts import Parts

ACTIVATIONS = {
    "relu": tf.nn.relu,
    "gelu": gelu,
    "silu": tf.nn.silu,
}
"""Activation functions by the name that a recipe gives them.

GELU is the approximation by tanh: the exact one takes two to three times as long as ReLU on a CPU.
"""


class Convolution(keras.layers.Layer):
    """A 3x3 or 1x1 convolution, same padding, channels last, with a bias."""

    def __init__(
        self,
        parts: Parts,
        name: str,
        channels: int,
        size: int = 3,
        stride: int = 1,
        initializer: str | keras.initializers.Initializer = "he_normal",
    ) -> None:
        super().__init__(name=name, dtype=parts.dtype)
        self.slot = Slot(name, "convolution")
        self.channels, self.size, self.stride = channels, size, stride
        self._initializer = parts.initializer(initializer, name)

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.size, self.size, shape[-1], self.channels),
            initializer=self._initializer,
        )
        self.bias = self.add_weight(name="bias", shape=(self.channels,), initializer="zeros")

    def call(self, values: Tensor, flow: Pass) -> Tensor:
        kernel = flow.kernel(self.slot, tf.convert_to_tensor(self.kernel))
        return tf.nn.bias_add(convolution(values, kernel, self.stride), self.bias)
