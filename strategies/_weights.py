"""Kernels and units by their role, and the count of the steps in which a limit acted."""

from collections.abc import Sequence
from typing import Any

from bench import Tensor, Tensors, Weights, tf


def kernels(weights: Weights) -> list[tuple[Any, tuple[int, ...]]]:
    """List the kernels, each with the axes over the inputs of a unit; embeddings are not kernels."""
    each = zip(weights.trainable, are_kernels(weights), inputs(weights), strict=True)
    return [(weight, axes) for weight, is_kernel, axes in each if is_kernel]


def are_kernels(weights: Weights) -> list[bool]:
    """Return for each weight if it is a kernel."""
    pairs = zip(weights.decayed, weights.tables, strict=True)
    return [decayed and not table for decayed, table in pairs]


def inputs(weights: Weights) -> list[tuple[int, ...]]:
    """Return for each weight its axes over the inputs of a unit, if it is a kernel."""
    last = [tuple(range(len(weight.shape) - 1)) for weight in weights.trainable]
    return list(weights.inputs or last)


def norms(values: Tensor, axes: Sequence[int]) -> Tensor:
    """Return the norms of values along `axes`, which are kept with length 1."""
    return tf.sqrt(tf.reduce_sum(tf.square(values), list(axes), keepdims=True))


def counters() -> list[Any]:
    """Make two variables: the number of steps in which a limit acted, and of all steps."""
    return [tf.Variable(0.0, trainable=False) for _ in range(2)]


def count(state: Tensors, acted: Tensor) -> None:
    """Count a step; `acted` is a boolean scalar."""
    state[0].assign_add(tf.cast(acted, tf.float32))
    state[1].assign_add(1.0)


def acted_share(state: Tensors) -> dict[str, float]:
    """Return the share of the steps in which the limit acted."""
    acted, steps = (float(variable) for variable in state)
    return {"acted": acted / steps if steps else 0.0}
