"""Assigning many variables at once, and the variables of a network as strategies see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from bench.core.strategy import Tensors, Weights
from bench.networks.network import Network
from bench.training.roles import head, roles

AVERAGES = ("moving_", "running_")
"""Beginnings of the names of moving averages in normalization layers."""


def assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Assign values to as many variables."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@contextmanager
def unchanged(variables: Tensors) -> Iterator[None]:
    """Give variables the values back that they have now."""
    before = [tf.identity(variable) for variable in variables]
    yield
    assign(variables, before)


def changed_in_training(network: Network, train: Callable[[], object]) -> list[Any]:
    """List the Keras variables, other than weights, that a pass in training mode changes.

    A frozen or an adapted layer has others, which no pass changes. The states of random generators are
    left out: the harness sets them before each pass.

    Args:
        network: a built network.
        train: runs it in training mode; no variable is changed.
    """
    candidates = [v for v in network.non_trainable_variables if "seed_generator" not in v.path]
    if not candidates:
        return []
    with keras.StatelessScope() as scope:
        train()
    return [v for v in candidates if scope.get_current_value(v) is not None]


def kernel_places(network: Network, seen: Sequence[str]) -> dict[str, int]:
    """Return name of a kernel slot -> place of its kernel among the trainable variables.

    Args:
        seen: names of the slots in the order of a forward pass; one without a kernel is left out.
    """
    ends = [variable.path.split("/")[-2:] for variable in network.trainable_variables]
    return {name: ends.index([name, "kernel"]) for name in seen if [name, "kernel"] in ends}


def weights_of(
    network: Network, state: Sequence[Any], classes: int, kernels: Sequence[int] = ()
) -> Weights:
    """Return a network's variables as strategies see them.

    Args:
        state: variables that change in training without gradients.
        kernels: places of the trainable variables that are kernels with a slot.
    """
    trainable, role_of = network.trainable_variables, roles(network)
    of_head = head(network)
    return Weights(
        trainable=[v.value for v in trainable],
        decayed=[role_of[id(v)].kind != "other" for v in trainable],
        tables=[role_of[id(v)].kind == "table" for v in trainable],
        inputs=[role_of[id(v)].inputs for v in trainable],
        heads=[id(v) in of_head for v in trainable],
        state=[v.value for v in state],
        classes=classes,
        kernels=kernels,
    )
