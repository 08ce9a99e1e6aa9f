"""A small residual network (He et al. 2015, 1512.03385) that trains without normalization."""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf

from bench.core.strategy import Slot, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.layers import ACTIVATIONS, Convolution
from bench.networks.network import Network
from bench.networks.parts import Parts

MEAN = (0.4914, 0.4822, 0.4465)
DEVIATION = (0.2470, 0.2435, 0.2616)
"""Mean and deviation of CIFAR-10's training images in [0, 1], one for each channel."""


class Standard(NamedTuple):
    """Mean and deviation of each channel, by which pixels are standardized."""

    mean: tuple[float, ...] = MEAN
    deviation: tuple[float, ...] = DEVIATION

    def __call__(self, values: Tensor) -> Tensor:
        """Return standardized pixels, float32 [B, H, W, C]."""
        return (tf.cast(values, tf.float32) - self.mean) / self.deviation


CIFAR10 = Standard()


class Block(keras.layers.Layer):
    """A residual block: conv, norm, ReLU, conv, norm, merge with the shortcut, ReLU."""

    def __init__(
        self, parts: Parts, index: int, count: int, width: int, stride: int, activation: str
    ) -> None:
        name = f"block{index}"
        super().__init__(name=name, dtype=parts.dtype)
        depth = (index + 1) / count
        self.first = Convolution(parts, f"{name}_conv1", width, stride=stride)
        self.second = Convolution(parts, f"{name}_conv2", width)
        self.project = None
        if stride > 1:
            self.project = Convolution(parts, f"{name}_shortcut", width, size=1, stride=stride)
        self.norm1 = parts.normalization(Slot(f"{name}_norm1", "map", depth))
        self.norm2 = parts.normalization(Slot(f"{name}_norm2", "map", depth))
        self.slot = Slot(name, "map", depth)
        self.activation = ACTIVATIONS[activation]

    def call(self, values: Tensor, flow: Pass) -> Tensor:
        branch = self.activation(flow.normalize(self.norm1, self.first(values, flow=flow)))
        branch = flow.noise(self.slot, branch)
        branch = flow.normalize(self.norm2, self.second(branch, flow=flow))
        shortcut = values if self.project is None else self.project(values, flow=flow)
        return self.activation(flow.merge(self.slot, shortcut, branch))


class ResidualNetwork(Network):
    """A stem and a block for each width: images [B, H, W, C] in [0, 1] -> logits [B, K]."""

    def __init__(
        self,
        parts: Parts,
        widths: tuple[int, ...],
        classes: int,
        activation: str = "relu",
        standard: Standard = CIFAR10,
    ) -> None:
        super().__init__(name="network", dtype=parts.dtype)
        self.standard = standard
        self.stem = Convolution(parts, "stem", widths[0])
        self.stem_norm = parts.normalization(Slot("stem_norm", "map"))
        self.blocks = [
            Block(parts, i, len(widths), width, stride=1 if i == 0 else 2, activation=activation)
            for i, width in enumerate(widths)
        ]
        self.activation = ACTIVATIONS[activation]
        self.head = parts.dense("head", classes, kind="glorot_uniform")

    def embed(self, values: Tensor) -> Tensor:
        return self.standard(values)

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        x = flow.hidden(Slot("input", "map"), tf.cast(features, self.compute_dtype))
        x = self.activation(flow.normalize(self.stem_norm, self.stem(x, flow=flow)))
        for block in self.blocks:
            x = flow.hidden(block.slot, block(x, flow=flow))
        x = flow.noise(Slot("pooled", "vector", 1.0), tf.reduce_mean(x, axis=[1, 2]))
        return flow.dense(self.head, x)
