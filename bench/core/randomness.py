"""Separate, stateless random streams keyed by (seed, purpose, step).

A strategy that draws more numbers shifts nobody else's. Nothing here touches a global random state.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from bench.core.lazy import tf


def integer(*words: object) -> int:
    """A seed in [0, 2**31) from words, for example (trial seed, purpose, slot name)."""
    text = "\x1f".join(str(word) for word in words)
    return int.from_bytes(sha256(text.encode()).digest()[:4], "little") & 0x7FFFFFFF


def stream(seed: Any, purpose: str, *positions: Any) -> Any:
    """The key, int32 [2], of a purpose at some positions (step, pass), in or out of a graph.

    Args:
        seed: int32 scalar tensor, the trial's seed.
        purpose: what the numbers are for, such as `features/mixup`.
        positions: int32 scalar tensors.
    """
    key = tf.stack([tf.cast(seed, tf.int32), tf.constant(integer(purpose), tf.int32)])
    for position in positions:
        key = tf.random.experimental.stateless_fold_in(key, tf.cast(position, tf.int32))
        # XLA extends a negative key to 64 bits in another way than TensorFlow's kernels.
        key = tf.bitwise.bitwise_and(key, tf.constant(0x7FFFFFFF))
    return key


@contextmanager
def isolated_python_random(seed: int) -> Iterator[None]:
    """Python's global random state seeded within, and as it was before afterwards.

    Keras takes the seeds of layers and initializers that were given none from there.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
