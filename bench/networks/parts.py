"""Parts of a network: initializers, layers, and the normalizations of an arm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.core.lazy import keras
from bench.core.randomness import integer
from bench.core.strategy import Slot, Strategy


def policy(precision: str) -> str:
    """Return the name of Keras's policy for a precision; `float32_exact` is its float32."""
    return "float32" if precision == "float32_exact" else precision


class Parts:
    """Initializers, layers and normalizations for named slots.

    The initializer of a weight is seeded by the trial's seed and the slot's name. A weight that two
    arms share therefore starts with the same bits in both.
    """

    def __init__(self, strategies: Sequence[Strategy], seed: int, precision: str = "float32"):
        self.seed = seed
        self.dtype = keras.DTypePolicy(policy(precision))
        self._normalizing = [s for s in strategies if s.touches("normalization")]

    def initializer(self, kind: Any, name: str) -> Any:
        """Return a Keras initializer, or the one of a name such as `he_normal`, seeded for a weight."""
        unseeded = keras.initializers.get(kind)
        config = unseeded.get_config()
        if "seed" in config:
            config["seed"] = integer(self.seed, "initial weights", name)
        return type(unseeded).from_config(config)

    def dense(self, name: str, units: int, kind: str = "he_normal", bias: bool = True) -> Any:
        """Return a dense layer with a seeded kernel."""
        return keras.layers.Dense(
            units,
            use_bias=bias,
            kernel_initializer=self.initializer(kind, name),
            name=name,
            dtype=self.dtype,
        )

    def normalization(self, slot: Slot) -> Any | None:
        """Return the normalization layer of a slot; None if the arm has none there."""
        for strategy in self._normalizing:
            layer = strategy.normalization(slot)
            if layer is not None:
                config = layer.get_config()
                config.update(name=f"{slot.name}_{strategy.facts.name}", dtype=self.dtype)
                named = type(layer).from_config(config)
                named.supports_masking = True  # it moves no position: a mask holds after it too
                return named
        return None
