"""The network in evaluation mode, and the moving statistics that it uses there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from bench.core.strategy import Tensor
from bench.networks.forward_pass import MomentOf, Pass
from bench.training.batch_stages import raw
from bench.training.device_data import Arrays
from bench.training.loss_chain import Model

EVALUATION_BATCH = 500
"""Examples of one forward pass."""


Forward: TypeAlias = Callable[[Model, Tensor, Tensor | None], Tensor]
"""(model, raw values [B, ...], mask) -> logits float32 [B, K]."""


def plain(
    model: Model, values: Tensor, mask: Tensor | None, moment_of: MomentOf | None = None
) -> Tensor:
    """Return the logits of a pass in evaluation mode; with noise only where `moment_of` gives keys."""
    network = model.network
    flow = Pass(model.strategies, mask, moment_of=moment_of, kernels=model.kernels)
    return tf.cast(network(network.embed(values), flow=flow), tf.float32)


class Evaluator:
    """A forward pass in evaluation mode, compiled."""

    def __init__(self, model: Model, forward: Forward = plain) -> None:
        def logits(values: Tensor, mask: Tensor | None) -> Tensor:
            return forward(model, raw(values), mask)

        self._logits = tf.function(logits, autograph=False, reduce_retracing=True)

    def logits(self, data: Arrays, rows: np.ndarray) -> np.ndarray:
        """Return the logits float32 [N, K] of rows [N] at the current weights."""
        return np.concatenate([
            self._logits(data.take(some), data.mask(some)).numpy()
            for some in parts(rows)
        ])  # fmt: skip


def parts(rows: np.ndarray) -> Iterator[Tensor]:
    """Yield the rows of the batches of an evaluation."""
    for start in range(0, len(rows), EVALUATION_BATCH):
        yield tf.constant(rows[start : start + EVALUATION_BATCH], tf.int64)


def recalibrate(state: Sequence[tf.Variable], observe: Callable[[int], None], batches: int) -> None:
    """Set moving statistics to the plain means of the statistics of some batches.

    A moving average with momentum m turns 0 into (1 - m) x and 1 into m + (1 - m) x. The two results
    give m, and so x, for any layer.

    Args:
        state: variables, all of them moving averages.
        observe: runs the network in training mode on the batch of a number.
        batches: number of batches, which are numbered from 0.
    """

    def after(number: int, start: float) -> list[Tensor]:
        for variable in state:
            variable.assign(tf.fill(variable.shape, tf.cast(start, variable.dtype)))
        observe(number)
        return [tf.identity(variable) for variable in state]

    from_zero = [after(number, 0.0) for number in range(batches)]
    from_one = after(0, 1.0)
    for variable, *values, one in zip(state, *from_zero, from_one, strict=True):
        momentum = one - values[0]
        variable.assign(tf.add_n(values) / batches / (1.0 - momentum))
