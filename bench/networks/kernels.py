"""Operations of image networks that are slow in TensorFlow on a CPU, with the same results to rounding.

`python -m tests.perf.network_kernels` measures each beside TensorFlow's.
"""

from __future__ import annotations

from math import pi, prod, sqrt

import tensorflow as tf

from bench.core.fusion import fused
from bench.core.strategy import Tensor, Tensors

LARGE = 500_000
"""Elements from which a compiled pass over the memory is worth its compilation."""
CONVOLVED = 50_000
"""Elements from which the gradient of a convolution is worth another operation."""


def convolution(values: Tensor, kernel: Tensor, stride: int = 1) -> Tensor:
    """Convolve [B, H, W, C] with [h, w, C, D], same padding -> [B, H / stride, W / stride, D].

    On a CPU the gradient to the values is a convolution with the turned kernel, which TensorFlow
    computes up to six times as fast as its operation for that gradient. h and w are odd.
    """
    small = not is_large(values, CONVOLVED)
    if small or stride > 1 or tf.config.list_physical_devices("GPU"):
        return tf.nn.conv2d(values, kernel, stride, "SAME")

    @tf.custom_gradient
    def convolved(values: Tensor, kernel: Tensor) -> tuple[Tensor, object]:
        def backward(upstream: Tensor) -> tuple[Tensor, Tensor]:
            turned = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])
            to_kernel = tf.raw_ops.Conv2DBackpropFilter(
                input=values, filter_sizes=kernel.shape, out_backprop=upstream,
                strides=[1, 1, 1, 1], padding="SAME",
            )  # fmt: skip
            return tf.nn.conv2d(upstream, turned, 1, "SAME"), to_kernel

        return tf.nn.conv2d(values, kernel, 1, "SAME"), backward

    return convolved(values, kernel)


def max_pool(values: Tensor) -> Tensor:
    """Return the largest value of each 2x2 window, [B, H, W, C] -> [B, H // 2, W // 2, C].

    Of equal values the first one gets the gradient, as in TensorFlow.
    """
    if not is_large(values, LARGE):
        return tf.nn.max_pool2d(values, 2, 2, "VALID")

    @tf.custom_gradient
    def pooled(values: Tensor) -> tuple[Tensor, object]:
        largest = tf.nn.max_pool2d(values, 2, 2, "VALID")
        return largest, lambda upstream: fused(_to_largest, values, largest, upstream)

    return pooled(values)


def gelu(values: Tensor) -> Tensor:
    """Return GELU by its approximation with tanh (Hendrycks and Gimpel 2016, 1606.08415)."""
    if not is_large(values, LARGE):
        return _gelu(values)

    @tf.custom_gradient
    def activated(values: Tensor) -> tuple[Tensor, object]:
        return fused(_gelu, values), lambda upstream: fused(_gelu_gradient, values, upstream)

    return activated(values)


def is_large(values: Tensor, least: int) -> bool:
    """Return true if a tensor is known to have `least` elements or more."""
    return values.shape.is_fully_defined() and prod(values.shape) >= least


def _to_largest(values: Tensor, largest: Tensor, upstream: Tensor) -> Tensor:
    """Give each window's gradient to its first largest value; rows and columns left over get none."""
    batch, height, width, channels = values.shape
    rows, columns = height // 2, width // 2
    windows = tf.reshape(
        values[:, : 2 * rows, : 2 * columns], [batch, rows, 2, columns, 2, channels]
    )
    taken, parts = tf.zeros(largest.shape, tf.bool), list[Tensors]()
    for row in (0, 1):
        gradients = []
        for column in (0, 1):
            chosen = (windows[:, :, row, :, column] == largest) & ~taken
            taken = taken | chosen
            gradients.append(tf.where(chosen, upstream, tf.zeros([], upstream.dtype)))
        parts.append(gradients)
    # [B, rows, columns, C] four times -> [B, rows, 2, columns, 2, C].
    stacked = tf.stack([tf.stack(gradients, axis=3) for gradients in parts], axis=2)
    whole = tf.reshape(stacked, [batch, 2 * rows, 2 * columns, channels])
    return tf.pad(whole, [[0, 0], [0, height - 2 * rows], [0, width - 2 * columns], [0, 0]])


def _gelu(values: Tensor) -> Tensor:
    return tf.nn.gelu(values, approximate=True)


def _gelu_gradient(values: Tensor, upstream: Tensor) -> Tensor:
    scale, cubic = sqrt(2.0 / pi), 0.044715
    curve = tf.tanh(scale * (values + cubic * values**3))
    slope = scale * (1.0 + 3.0 * cubic * values**2)
    return upstream * (0.5 * (1.0 + curve) + 0.5 * values * (1.0 - curve**2) * slope)
