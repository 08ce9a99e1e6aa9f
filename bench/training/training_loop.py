"""The loop over training steps inside one compiled call."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from bench.core.strategy import Tensor


class Epochs(NamedTuple):
    """The order of the examples, epoch by epoch."""

    order: Callable[[Tensor], Tensor]
    """Step -> row numbers int32 [examples] in the order of the step's epoch."""
    batch_size: int
    steps_an_epoch: int


def run_steps(
    train: Callable[[Tensor, Tensor], Tensor],
    epochs: Epochs,
    first: Tensor,
    count: Tensor,
    stops_at_once: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Run steps `first` to `first + count - 1`, or until the objective is not finite.

    Args:
        train: runs a step on row numbers int32 [B] and returns its objective, a float32 scalar.
        epochs: the rows of each batch.
        first, count: int32 scalars.
        stops_at_once: false if the steps after one that is not finite run too, and do not count. On a
            GPU the check copies the objective to the host and waits for it, at every step.

    Returns:
        the sum of the objective over the steps done (float32), their number (int32), and a checksum of
        the row numbers of their batches, in order (int64). A step whose objective is not finite is the
        last one that counts.
    """
    size = epochs.batch_size
    positions = tf.range(1, size + 1, dtype=tf.int64)

    def body(
        number: Tensor, order: Tensor, total: Tensor, done: Tensor, checksum: Tensor
    ) -> tuple[Tensor, ...]:
        counts = tf.math.is_finite(total)
        step = first + number
        place = step % epochs.steps_an_epoch
        order = tf.cond(tf.equal(place, 0), lambda: epochs.order(step), lambda: order)
        rows = tf.slice(order, [place * size], [size])
        total = total + train(rows, step)
        done = done + tf.cast(counts, tf.int64)
        numbered = tf.reduce_sum(tf.cast(rows + 1, tf.int64) * positions)
        further = checksum * 1_000_003 + numbered
        return number + 1, order, total, done, tf.where(counts, further, checksum)

    def goes_on(number: Tensor, _order: Tensor, total: Tensor, *_: Tensor) -> Tensor:
        return (number < count) & tf.math.is_finite(total) if stops_at_once else number < count

    none = tf.constant(0, tf.int64)
    start = (tf.constant(0), epochs.order(first), tf.constant(0.0), none, none)
    _, _, total, done, checksum = tf.while_loop(goes_on, body, start, parallel_iterations=1)
    return total, tf.cast(done, tf.int32), checksum
