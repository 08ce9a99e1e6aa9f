"""The machine's practical rate: the speed of a large matrix product in this process."""

from __future__ import annotations

import math

from bench.core.lazy import tf
from bench.timing.device import Device, timed

SIZES = {"CPU": 1024, "GPU": 8192}
"""Kind of device -> rows of the square matrices, large enough that arithmetic is the limit."""
DTYPES = {
    "float32": "float32",
    "float32_exact": "float32",
    "mixed_bfloat16": "bfloat16",
    "mixed_float16": "float16",
}
"""Precision of a step -> type of the matrices."""
REPETITIONS = 3
SECONDS = 0.1
"""Approximate duration of a repetition."""


def matrix_rate(device: Device, precision: str) -> float:
    """Return floating-point operations a second, the best of three repetitions.

    Args:
        device: the device of this process, with the threads with which it trains.
        precision: precision of the step, one of `DTYPES`.
    """
    size = SIZES["CPU" if device.name == "CPU" else "GPU"]
    factor = tf.cast(tf.random.stateless_uniform([size, size], seed=[1, 2]), DTYPES[precision])

    def multiply(count: int) -> float:
        product = factor
        for _ in range(count):
            product = tf.matmul(factor, factor)
        return float(product[0, 0])

    timed(lambda: multiply(1), device)
    once = timed(lambda: multiply(1), device)
    count = max(1, math.ceil(SECONDS / once))
    best = min(timed(lambda: multiply(count), device) for _ in range(REPETITIONS))
    return 2.0 * size**3 * count / best
