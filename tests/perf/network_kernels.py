"""Convolution, pooling and GELU of the suite's networks beside TensorFlow's.

    python -m tests.perf.network_kernels [SECONDS]

Forward and backward, one thread, blocks in turn, for the maps of the fast network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from bench.core.allocator import keep_freed_memory
from bench.networks.kernels import convolution, gelu, max_pool
from tests.perf.fused_updates import compared

CONVOLUTIONS = (
    (31, 24, 32), (15, 32, 32), (15, 32, 64), (7, 64, 64), (7, 64, 128), (3, 128, 128),
)  # fmt: skip
"""Side of the maps, channels before and after."""
POOLED = ((31, 32), (15, 64), (7, 128))
ACTIVATED = ((31, 24), (15, 32), (7, 64))
"""Side of the maps, channels."""
BATCH = 256
MOST = 1.05
"""Largest cost, as a multiple of TensorFlow's."""


def stepping(function: Callable[..., tf.Tensor], *shapes: tuple[int, ...]) -> Callable[[], Any]:
    """Return a step: a function of tensors, and its gradients."""
    inputs = [tf.random.stateless_normal(shape, [1, len(shape)]) for shape in shapes]

    @tf.function
    def step() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(tf.square(function(*inputs)))
        return tape.gradient(loss, inputs)

    return step


def main(seconds: float = 2.0) -> bool:
    """Print the ratios; return true if each is at most `MOST`."""
    keep_freed_memory()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    ways: dict[str, list[Callable[..., tf.Tensor]]] = {
        "convolution": [convolution, lambda v, k: tf.nn.conv2d(v, k, 1, "SAME")],
        "max_pool": [max_pool, lambda v: tf.nn.max_pool2d(v, 2, 2, "VALID")],
        "gelu": [gelu, lambda v: tf.nn.gelu(v, approximate=True)],
    }
    cases: list[tuple[str, str, list[tuple[int, ...]]]] = [
        ("convolution", f"{side}x{side}, {c} to {d}", [(BATCH, side, side, c), (3, 3, c, d)])
        for side, c, d in CONVOLUTIONS
    ]
    for name, maps in (("max_pool", POOLED), ("gelu", ACTIVATED)):
        cases += [(name, f"{side}x{side}, {c}", [(BATCH, side, side, c)]) for side, c in maps]
    pairs = {
        f"{name} {maps}": [stepping(way, *shapes) for way in ways[name]]
        for name, maps, shapes in cases
    }
    return compared(pairs, seconds, MOST)


if __name__ == "__main__":
    sys.exit(not main(*(float(a) for a in sys.argv[1:])))
