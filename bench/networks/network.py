"""The contract of a network: how a task's model meets the strategies of an arm."""

from __future__ import annotations

import keras

from bench.core.strategy import Tensor
from bench.networks.forward_pass import Pass


class Network(keras.Model):
    """A classifier in two parts: raw batch -> features -> logits."""

    def embed(self, values: Tensor) -> Tensor:
        """Return the features [B, ...] of raw values: standardized pixels, embeddings."""
        return values

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        """Return the logits [B, K] of features."""
        raise AssertionError(f"{type(self).__name__} defines no call")  # pragma: no cover
