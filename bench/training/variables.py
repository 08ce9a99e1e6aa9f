"""Assigning many variables at once, and the variables of a network as strategies see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.core.strategy import Weights
from bench.networks.network import Network
from bench.training.roles import roles


def assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Assign values to as many variables."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def weights_of(network: Network) -> Weights:
    """Return a network's variables as strategies see them."""
    trainable, role_of = network.trainable_variables, roles(network)
    return Weights(
        trainable=[v.value for v in trainable],
        decayed=[role_of[id(v)].kind != "other" for v in trainable],
        tables=[role_of[id(v)].kind == "table" for v in trainable],
        inputs=[role_of[id(v)].inputs for v in trainable],
        state=[v.value for v in network.non_trainable_variables if "seed_generator" not in v.path],
    )
