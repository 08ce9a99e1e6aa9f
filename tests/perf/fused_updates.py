"""Updates of a large embedding, fused, beside the same updates operation by operation.

    python -m tests.perf.fused_updates [ROWS] [SECONDS]

Adam beside Keras's, and cautious weight decay and an average of the weights with and without
`bench.fused`; one thread, a weight of ROWS x 32, blocks in turn.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import keras
import tensorflow as tf

from bench.core.fusion import fused
from bench.core.record import paired_ratio
from bench.training.adam import make_adam
from strategies._averages import between
from strategies.cautious_weight_decay import decayed

WIDTH = 32
STEPS = 5
MOST = 0.9
"""Largest cost of a fused update, as a multiple of the other."""


def adam(optimizer: Any, rows: int) -> Callable[[], None]:
    """Return a step of an optimizer on a weight of its own."""
    weight = keras.Variable(tf.random.stateless_normal([rows, WIDTH], [1, 2]))
    gradient = tf.Variable(tf.random.stateless_normal([rows, WIDTH], [3, 4]))
    optimizer.build([weight])
    return tf.function(lambda: optimizer.apply_gradients([(gradient.read_value(), weight)]))


def assigning(
    function: Callable[..., list[tf.Tensor]], call: Callable[..., Any], rows: int
) -> Callable[[], None]:
    """Return a step that assigns a function of two weights to the second."""
    first, second = (
        tf.Variable(tf.random.stateless_normal([rows, WIDTH], [5, seed])) for seed in (1, 2)
    )

    @tf.function
    def step() -> None:
        second.assign(call(function, [first], [second], tf.constant(1e-3))[0])

    return step


def directly(function: Callable[..., Any], *tensors: Any) -> Any:
    """Return `function(*tensors)`."""
    return function(*tensors)


def timed(steps: Sequence[Callable[[], None]], seconds: float) -> list[list[float]]:
    """Return the milliseconds of a step, for each of some steps and each block, taken in turn."""
    times: list[list[float]] = [[] for _ in steps]
    for step in steps:
        step()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for step, block in zip(steps, times, strict=True):
            start = time.perf_counter()
            for _ in range(STEPS):
                step()
            block.append((time.perf_counter() - start) / STEPS * 1e3)
    return times


def compared(pairs: Mapping[str, Sequence[Callable[[], Any]]], seconds: float, most: float) -> bool:
    """Print the ratio of each pair of steps; return true if each is at most `most`."""
    good = True
    for name, steps in pairs.items():
        ours, theirs = timed(steps, seconds)
        ratio = paired_ratio(ours, theirs)
        good &= ratio <= most
        print(f"{name}: {median(ours):.1f} ms against {median(theirs):.1f} ms, ratio {ratio:.2f}")
    return good


def main(rows: int = 220_000, seconds: float = 5.0) -> bool:
    """Print the ratios; return true if each is at most `MOST`."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    pairs = {
        "adam": (adam(make_adam(1e-3), rows), adam(keras.optimizers.Adam(1e-3), rows)),
        **{
            name: (assigning(function, fused, rows), assigning(function, directly, rows))
            for name, function in (("cautious weight decay", decayed), ("average", between))
        },
    }
    return compared(pairs, seconds, MOST)


if __name__ == "__main__":
    sys.exit(not main(*(int(a) for a in sys.argv[1:])))
