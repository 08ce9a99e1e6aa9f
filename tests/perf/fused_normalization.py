"""Batch normalization of feature maps beside Keras's layer.

    python -m tests.perf.fused_normalization [SECONDS]

Forward and backward, one thread, blocks in turn, for the maps of the networks of the suite.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from strategies._layers import FusedBatchNormalization
from tests.perf.fused_updates import compared

MAPS = ((512, 15, 15, 32), (512, 7, 7, 64), (512, 3, 3, 128), (128, 32, 32, 16))
MOST = 0.8
"""Largest cost of the fused layer, as a multiple of Keras's."""


def stepping(layer: Any, values: tf.Tensor) -> Callable[[], Any]:
    """Return a step: the layer in training, and its gradients."""
    layer.build(values.shape)

    @tf.function
    def step() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(values)
            loss = tf.reduce_sum(tf.square(layer(values, training=True)))
        return tape.gradient(loss, [values, *(v.value for v in layer.trainable_variables)])

    return step


def main(seconds: float = 3.0) -> bool:
    """Print the ratios; return true if each is at most `MOST`."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    kinds = FusedBatchNormalization, keras.layers.BatchNormalization
    values = {str(shape): tf.random.stateless_normal(shape, [1, 2]) for shape in MAPS}
    pairs = {name: [stepping(kind(), maps) for kind in kinds] for name, maps in values.items()}
    return compared(pairs, seconds, MOST)


if __name__ == "__main__":
    sys.exit(not main(*(float(a) for a in sys.argv[1:])))
