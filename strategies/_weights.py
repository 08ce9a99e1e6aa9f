"""Kernels by their role, and the count of the steps in which a limit acted."""

from typing import Any

from bench import Tensor, Tensors, Weights, tf


def kernels(weights: Weights) -> list[tuple[Any, tuple[int, ...]]]:
    """List the kernels, each with the axes over the inputs of a unit; embeddings are no kernels."""
    last = [tuple(range(len(weight.shape) - 1)) for weight in weights.trainable]
    each = zip(
        weights.trainable, weights.decayed, weights.tables, weights.inputs or last, strict=True
    )
    return [(weight, axes) for weight, decayed, table, axes in each if decayed and not table]


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
