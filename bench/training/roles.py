"""The role of each weight in its layer: kernel, embedding, or neither (a scale, a bias)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import keras

KERNELS = ("kernel", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel")
"""Names that the layers of Keras give their kernels."""


class Role(NamedTuple):
    """The role of one weight."""

    kind: Literal["kernel", "table", "other"]
    inputs: tuple[int, ...] = ()
    """Axes of a kernel over the inputs of a unit."""


def roles(network: keras.Model) -> dict[int, Role]:
    """Return the role of each trainable variable, by its `id`."""
    return {
        id(variable): role(layer, variable)
        for layer in network._flatten_layers()
        for variable in layer._trainable_variables
    }


def head(network: keras.Model) -> set[int]:
    """Return the `id` of each variable of the last layer with a kernel."""
    role_of = roles(network)
    layers = {
        id(v): layer for layer in network._flatten_layers() for v in layer._trainable_variables
    }
    kernels = [v for v in network.trainable_variables if role_of[id(v)].kind == "kernel"]
    return {id(v) for v in layers[id(kernels[-1])]._trainable_variables} if kernels else set()


def role(layer: Any, variable: Any) -> Role:
    """Return the role of a variable in its own layer.

    A weight of a user's layer whose name says nothing counts as a kernel if it is a matrix or more.
    """
    name, rank = variable.name, len(variable.shape)
    if name == "embeddings":
        return Role("table")
    others = ("bias", "gamma", "beta", "scale")
    if name in KERNELS or (rank > 1 and not any(word in name for word in others)):
        return Role("kernel", inputs_of(layer, name, rank))
    return Role("other")


def inputs_of(layer: Any, name: str, rank: int) -> tuple[int, ...]:
    """Return the axes of a kernel over the inputs of a unit."""
    every = tuple(range(rank))
    if isinstance(layer, keras.layers.EinsumDense):
        operands, outputs = layer.equation.split("->")
        letters = operands.split(",")[1]
        return tuple(axis for axis in every if letters[axis] not in outputs)
    if "Transpose" in type(layer).__name__:
        return (*every[:-2], rank - 1)  # [..., out, in]
    if name == "depthwise_kernel" or type(layer).__name__.startswith("Depthwise"):
        return every[:-2]  # [..., in, multiplier]: one unit for each pair of the last two
    return every[:-1]
