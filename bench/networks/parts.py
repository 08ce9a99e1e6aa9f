"""What the strategies of an arm put into a network while it is being built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.core.lazy import keras
from bench.core.randomness import integer
from bench.core.strategy import Slot, Strategy


class Parts:
    """Hands out initializers, layers and normalizations for named slots.

    The initializer of a weight is seeded by the trial's seed and the slot's name, so a weight that
    two arms share starts bit-identical whatever else one of them has.
    """

    def __init__(self, strategies: Sequence[Strategy], seed: int, precision: str = "float32"):
        self.seed = seed
        self.dtype = keras.DTypePolicy(precision)
        self._normalizing = [s for s in strategies if s.touches("normalization")]

    def initializer(self, kind: str, name: str) -> Any:
        """A Keras initializer such as `he_normal` for a weight's name."""
        made = keras.initializers.get(kind)
        config = made.get_config()
        if "seed" in config:
            config["seed"] = integer(self.seed, "initial weights", name)
        return type(made).from_config(config)

    def dense(self, name: str, units: int, kind: str = "he_normal", bias: bool = True) -> Any:
        return keras.layers.Dense(
            units,
            use_bias=bias,
            kernel_initializer=self.initializer(kind, name),
            name=name,
            dtype=self.dtype,
        )

    def normalization(self, slot: Slot) -> Any | None:
        """The normalization layer of a slot; None where the arm has none there."""
        for strategy in self._normalizing:
            layer = strategy.normalization(slot)
            if layer is not None:
                config = layer.get_config()
                config.update(name=f"{slot.name}_{strategy.facts.name}", dtype=self.dtype)
                named = type(layer).from_config(config)
                named.supports_masking = True  # it moves no position: a mask holds after it too
                return named
        return None
