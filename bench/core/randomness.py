"""Separate, stateless random streams keyed by (seed, purpose, step).

A strategy that draws more numbers changes no other strategy's. Nothing here uses a global random
state.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from bench.core.lazy import tf


def integer(*words: object) -> int:
    """Make a seed in [0, 2**31) from words, for example (trial seed, purpose, slot name)."""
    text = "\x1f".join(str(word) for word in words)
    return int.from_bytes(sha256(text.encode()).digest()[:4], "little") & 0x7FFFFFFF


def stream(seed: Any, purpose: str, *positions: Any) -> Any:
    """Make the key, int32 [2], of a purpose at some positions (step, pass), in or out of a graph.

    Args:
        seed: int32 scalar tensor, the trial's seed.
        purpose: the use of the numbers, such as `features/mixup`.
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
    """Seed Python's global random state, and restore it afterwards.

    Keras takes seeds from there for layers and initializers that were given none.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
