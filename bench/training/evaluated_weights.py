"""The weights and the moving statistics of an evaluation, in place of the trained ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from bench.core.recipe import Statistics
from bench.training.compiled_arm import CompiledArm
from bench.training.variables import assign

RECALIBRATION_BATCHES = 20
"""Forward passes that estimate the moving statistics."""


@contextmanager
def evaluated_weights(
    arm: CompiledArm, statistics: Statistics, kept: Sequence[np.ndarray] | None = None
) -> Iterator[None]:
    """Assign the values of an evaluation, and restore the trained ones afterwards.

    Args:
        arm: its strategies may replace the trained weights.
        statistics: `recalibrated` estimates the moving statistics for the evaluated weights, as SWA
            does (1803.05407, section 3.2). `moving` takes those of the training. The same setting for
            all arms of a study makes them comparable, whether or not an arm replaces its weights.
        kept: values of the network's variables that are evaluated in place of the current ones.
    """
    trained = [tf.identity(v.value) for v in arm.network.variables]
    try:
        if kept is not None:
            assign(arm.network.variables, kept)
        else:
            replace_weights(arm)
        if statistics == "recalibrated":
            arm.recalibrate(RECALIBRATION_BATCHES)
        yield
    finally:
        assign(arm.network.variables, trained)


def replace_weights(arm: CompiledArm) -> None:
    """Assign the weights that the arm's strategies evaluate in place of the trained ones."""
    for strategy, state in zip(arm.strategies, arm.states, strict=True):
        values = strategy.evaluated(arm.weights, state)
        if values is not None:
            assign(arm.weights.trainable, values)
