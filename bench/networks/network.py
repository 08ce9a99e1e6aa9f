"""The contract of a network: how a task's model meets the strategies of an arm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras

from bench.core.strategy import Tensor
from bench.networks.forward_pass import Pass

Examples: TypeAlias = Callable[[int], Tensor]
"""A function from a number to the raw values of so many training examples, the same at each call."""


class Network(keras.Model):
    """A classifier in two parts: raw batch -> features -> logits."""

    made_from: tuple[tuple[Any, ...], dict[str, Any]]
    """Arguments of its constructor, which `bench recipe` writes out."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Network:
        network = super().__new__(cls, *args, **kwargs)
        vars(network)["made_from"] = (args, kwargs)
        return network

    def embed(self, values: Tensor) -> Tensor:
        """Return the features [B, ...] of raw values: standardized pixels, embeddings."""
        return values

    def adapt(self, examples: Examples) -> None:
        """Set frozen weights from training examples, before training; most networks have none."""

    def named_weights(self) -> dict[str, Any]:
        """Return slot name -> variable. Arms compare the initial values of weights of one name."""
        return {
            variable.path.removeprefix(f"{self.name}/"): variable
            for variable in self.variables
            if "seed_generator" not in variable.path
        }

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        """Return the logits [B, K] of features."""
        raise AssertionError(f"{type(self).__name__} defines no call")  # pragma: no cover
