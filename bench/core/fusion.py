"""Elementwise computations on large weights in one pass over the memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.core.lazy import tf


def fused(function: Callable[..., Any], *tensors: Any) -> Any:
    """Return `function(*tensors)`, compiled by XLA on its own, also in a step that is not.

    TensorFlow passes over the memory once for each operation. On weights that do not fit into the
    cache, such as a large embedding, this is what an update costs: fused, it takes a third to four
    fifths of the time (`python -m tests.perf.fused_updates`). Meant for elementwise operations: a
    sum may be rounded in another order.

    Args:
        function: a function of tensors, without variables of its own.
        tensors: its arguments, or lists of them.
    """
    values = tf.nest.map_structure(tf.convert_to_tensor, tensors)
    compiled = tf.function(function, jit_compile=True, autograph=False)
    # A concrete function: TensorFlow warns of a function that is called with many shapes.
    return compiled.get_concrete_function(*values)(*values)
