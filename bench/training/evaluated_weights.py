"""The weights that an arm's strategies evaluate in place of the trained ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from bench.training.compiled_arm import CompiledArm
from bench.training.variables import assign

RECALIBRATION_BATCHES = 20
"""Forward passes that estimate the moving statistics of averaged weights."""


@contextmanager
def evaluated_weights(arm: CompiledArm) -> Iterator[None]:
    """Put the evaluated weights in place, and the trained ones back afterwards.

    If a strategy replaces the weights, the moving statistics are estimated for them on the first
    training batches in training mode, as for SWA (1803.05407, section 3.2).
    """
    trained = [tf.identity(v.value) for v in arm.network.variables]
    try:
        replaced = False
        for strategy, state in zip(arm.strategies, arm.states, strict=True):
            values = strategy.evaluated(arm.weights, state)
            if values is not None:
                replaced = True
                assign(arm.weights.trainable, values)
        if replaced and arm.weights.state:
            arm.recalibrate(RECALIBRATION_BATCHES)
        yield
    finally:
        assign(arm.network.variables, trained)
