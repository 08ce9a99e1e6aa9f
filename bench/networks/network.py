"""Networks: how a task's model meets the strategies of an arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import keras
import tensorflow as tf

from bench.core.randomness import isolated_python_random, stream
from bench.core.strategy import Batch, Moment, Slot, Strategy, Tensor

MomentOf = Callable[[Strategy, str], Moment]
"""(strategy, purpose) -> the moment of this step for that purpose."""


class Pass:
    """One forward pass: what the strategies of an arm do at the slots of a network.

    Without `moment_of` (in evaluation) only reparametrized kernels remain. `targets` are soft labels
    that a strategy may change together with a hidden state.
    """

    def __init__(
        self,
        strategies: Sequence[Strategy],
        mask: Tensor | None,
        targets: Tensor | None = None,
        training: bool = False,
        moment_of: MomentOf | None = None,
        key: Tensor | None = None,
        hidden_slots: int = 1,
    ) -> None:
        self.mask = mask
        self.targets = targets
        self.key = key
        """For randomness that belongs to the network itself; None in evaluation."""
        self.training = training
        self.hidden_seen: list[str] = []
        """Names of the hidden slots that the pass has met so far."""
        self._hidden_slots = hidden_slots
        self._moment_of = moment_of
        self._touching = {
            stage: [s for s in strategies if s.touches(stage)]
            for stage in ("kernel", "noise", "merge", "hidden")
        }

    def normalize(self, layer: Any | None, values: Tensor) -> Tensor:
        """A normalization slot's layer, where the arm has one."""
        if layer is None:
            return values
        if self.mask is None or "mask" not in signature(layer.call).parameters:
            return layer(values, training=self.training)
        return layer(values, mask=self.mask, training=self.training)

    def kernel(self, slot: Slot, kernel: Tensor) -> Tensor:
        for strategy in self._touching["kernel"]:
            kernel = strategy.kernel(slot, kernel)
        return kernel

    def noise(self, slot: Slot, values: Tensor) -> Tensor:
        if self._moment_of is not None:
            for strategy in self._touching["noise"]:
                moment = self._moment_of(strategy, f"noise/{slot.name}")
                values = strategy.noise(slot, values, moment)
        return values

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor) -> Tensor:
        if self._moment_of is not None:
            for strategy in self._touching["merge"]:
                moment = self._moment_of(strategy, f"merge/{slot.name}")
                return strategy.merge(slot, shortcut, branch, moment)
        return shortcut + branch

    def hidden(self, slot: Slot, values: Tensor) -> Tensor:
        slot = slot._replace(number=len(self.hidden_seen), total=self._hidden_slots)
        self.hidden_seen.append(slot.name)
        if self._moment_of is not None:
            for strategy in self._touching["hidden"]:
                # One key for all slots: a strategy that picks a slot must pick the same everywhere.
                moment = self._moment_of(strategy, "hidden")
                before = Batch(values, self.mask, self.targets)
                values, self.mask, self.targets = strategy.hidden(slot, before, moment)
        return values


class Network(keras.Model):
    """A classifier in two parts: raw batch -> features -> logits."""

    def embed(self, values: Tensor) -> Tensor:
        """Features [B, ...] of raw values: standardized pixels, embeddings."""
        return values

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        """Logits [B, K] of features."""
        raise AssertionError(f"{type(self).__name__} defines no call")  # pragma: no cover


class KerasNetwork(Network):
    """Any Keras model that takes features and ends in logits, as a network without slots.

    `make` is called once with Python's random state seeded, so layers without a seed of their own
    start the same in every arm of a trial's seed; its dropout layers follow the trial's streams.
    """

    def __init__(self, make: Callable[[], keras.Model], seed: int) -> None:
        super().__init__()
        with isolated_python_random(seed):
            self.model = make()

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        if flow.key is not None:
            for index, variable in enumerate(self.model.non_trainable_variables):
                if "seed_generator_state" in variable.path:
                    key = stream(flow.key[0], f"keras/{index}", flow.key[1])
                    variable.assign(tf.cast(key, variable.dtype))
        if flow.mask is None:
            return self.model(features, training=flow.training)
        return self.model(features, mask=flow.mask, training=flow.training)
