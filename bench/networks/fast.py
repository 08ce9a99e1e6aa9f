"""A small convolutional network that reaches high accuracy with few operations.

In the manner of the public CIFAR-10 speed records (Jordan 2024, 2404.00498): a frozen whitening
convolution made from the training images, three groups of two convolutions, a scaled linear head.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from bench.core.strategy import Slot, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.kernels import max_pool
from bench.networks.layers import ACTIVATIONS, Convolution
from bench.networks.network import Examples, Network
from bench.networks.parts import Parts
from bench.networks.residual import CIFAR10, Standard

HEAD_SCALE = 1 / 9
WHITENING_SHIFT = 5e-4
"""Number added to each eigenvalue, so that directions of almost no variance are not amplified."""
WHITENING_IMAGES = 5_000


class Dirac(keras.initializers.Initializer):
    """Identity on as many channels as input and output share, He's normal on the rest."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        """Return a kernel [height, width, in, out] of odd height and width."""
        height, width, inputs, outputs = shape
        kernel = np.array(keras.initializers.HeNormal(self.seed)(shape))
        shared = min(inputs, outputs)
        kernel[..., :shared] = 0.0
        kernel[height // 2, width // 2, range(shared), range(shared)] = 1.0
        return tf.constant(kernel, dtype)

    def get_config(self) -> dict[str, int | None]:
        return {"seed": self.seed}


class Whitening(keras.layers.Layer):
    """A frozen 2x2 convolution whose outputs are uncorrelated over the training images.

    The kernel holds the eigenvectors of the covariance of 2x2 patches, divided by the square root of
    their eigenvalues, with both signs. Only the bias is trained.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(name="whitening", dtype=parts.dtype)

    def build(self, shape: tuple[int, ...]) -> None:
        channels = shape[-1]
        outputs = 2 * 4 * channels
        self.kernel = self.add_weight(
            name="kernel", shape=(2, 2, channels, outputs), initializer="zeros", trainable=False
        )
        self.bias = self.add_weight(name="bias", shape=(outputs,), initializer="zeros")

    def fit(self, images: np.ndarray) -> None:
        """Set the kernel from standardized training images, float32 [N, H, W, C]."""
        height, width, channels = images.shape[1:]
        corners = [images[:, i : height - 1 + i, j : width - 1 + j] for i in (0, 1) for j in (0, 1)]
        patches = np.stack(corners, axis=3).reshape(-1, 4 * channels)
        values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False))
        whitening = vectors / np.sqrt(values + WHITENING_SHIFT)
        kernel = np.concatenate([whitening, -whitening], axis=1)
        self.kernel.assign(kernel.reshape(2, 2, channels, -1))

    def call(self, images: Tensor) -> Tensor:
        kernel = tf.convert_to_tensor(self.kernel)
        return tf.nn.conv2d(images, kernel, strides=1, padding="VALID") + self.bias


class Group(keras.layers.Layer):
    """conv, pool, norm, activation, then conv, norm merged with a shortcut, activation."""

    def __init__(self, parts: Parts, index: int, count: int, width: int, activation: str) -> None:
        name = f"group{index}"
        super().__init__(name=name, dtype=parts.dtype)
        depth = (index + 1) / count
        self.first = Convolution(parts, f"{name}_conv1", width, initializer=Dirac())
        self.second = Convolution(parts, f"{name}_conv2", width, initializer=Dirac())
        self.norm1 = parts.normalization(Slot(f"{name}_norm1", "map", depth))
        self.norm2 = parts.normalization(Slot(f"{name}_norm2", "map", depth))
        self.slot = Slot(name, "map", depth)
        self.activation = ACTIVATIONS[activation]

    def call(self, values: Tensor, flow: Pass) -> Tensor:
        pooled = max_pool(self.first(values, flow=flow))
        shortcut = self.activation(flow.normalize(self.norm1, pooled))
        branch = self.second(flow.noise(self.slot, shortcut), flow=flow)
        branch = flow.normalize(self.norm2, branch)
        return self.activation(flow.merge(self.slot, shortcut, branch))


class FastNetwork(Network):
    """Images [B, H, W, C] in [0, 1] -> logits [B, K]; a group for each width."""

    def __init__(
        self,
        parts: Parts,
        widths: tuple[int, ...],
        classes: int,
        activation: str = "gelu",
        standard: Standard = CIFAR10,
    ) -> None:
        super().__init__(name="network", dtype=parts.dtype)
        self.standard = standard
        self.whitening = Whitening(parts)
        self.groups = [
            Group(parts, index, len(widths), width, activation)
            for index, width in enumerate(widths)
        ]
        self.activation = ACTIVATIONS[activation]
        self.head = parts.dense("head", classes, kind="glorot_uniform", bias=False)

    def embed(self, values: Tensor) -> Tensor:
        return self.standard(values)

    def adapt(self, examples: Examples) -> None:
        self.whitening.fit(self.embed(examples(WHITENING_IMAGES)).numpy())

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        x = flow.hidden(Slot("input", "map"), tf.cast(features, self.compute_dtype))
        x = self.activation(self.whitening(x))
        for group in self.groups:
            x = flow.hidden(group.slot, group(x, flow=flow))
        x = flow.noise(Slot("pooled", "vector", 1.0), tf.reduce_max(x, axis=[1, 2]))
        return flow.dense(self.head, x) * HEAD_SCALE
