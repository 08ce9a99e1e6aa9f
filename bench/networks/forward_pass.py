"""One forward pass, and the actions of an arm's strategies at the slots of its network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from bench.core.errors import UsageError
from bench.core.stage_checks import kept, kept_batch
from bench.core.strategy import Batch, Moment, Slot, Strategy, Tensor, Tensors

MomentOf = Callable[[Strategy, str], Moment]
"""(strategy, purpose) -> the strategy's moment for that purpose in this pass."""


class Kernels(NamedTuple):
    """The kernels with a slot, and the variables of the strategies that change them."""

    names: Sequence[str] = ()
    """Name of the slot of each kernel, in the order of `Weights.kernels`."""
    states: Mapping[str, Tensors] = MappingProxyType({})
    """Name of a strategy -> its own variables."""


NO_KERNELS = Kernels()


class Pass:
    """One forward pass through a network with slots.

    Without `moment_of`, as in evaluation, only kernel stages act.

    Args:
        strategies: the arm's strategies, in the order of their composition.
        mask: boolean [B, T], true for a token; None for images.
        targets: soft labels float32 [B, K]; a strategy may change them with a hidden state.
        training: mode of the layers that have one.
        moment_of: gives the strategies their random keys.
        key: int32 [2], for the network's own random layers; None in evaluation.
        hidden_slots: number of hidden slots in the network.
        kernels: the kernels with a slot; a network that is being built knows none yet.
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
        kernels: Kernels = NO_KERNELS,
    ) -> None:
        self.mask, self.targets = mask, targets
        self.training, self.key = training, key
        self.hidden_seen: list[str] = []
        """Names of the hidden slots that the pass has reached so far."""
        self.kernels_seen: list[str] = []
        """Names of the kernel slots that the pass has reached so far."""
        self._hidden_slots = hidden_slots
        self._kernels = kernels
        self._moment_of = moment_of
        self._strategies = strategies

    def normalize(self, layer: Any | None, values: Tensor) -> Tensor:
        """Apply the layer of a normalization slot, if the arm has one."""
        if layer is None:
            return values
        if self.mask is None or "mask" not in signature(layer.call).parameters:
            normalized = layer(values, training=self.training)
        else:
            normalized = layer(values, mask=self.mask, training=self.training)
        # TensorFlow's graph rewriter merges the layer's sum with a shortcut's into one, with other
        # rounding, unless something stands between them: then a strategy there is not the base.
        return tf.ensure_shape(normalized, normalized.shape)

    def kernel(self, slot: Slot, kernel: Tensor) -> Tensor:
        """Return the kernel [..., in, out] that a layer uses in place of its stored one.

        The layer has the name of the slot, and its weight is called `kernel`.

        Raises:
            UsageError: it has not, and a strategy keeps variables for each kernel.
        """
        self.kernels_seen.append(slot.name)
        names = self._kernels.names
        if known := slot.name in names:
            slot = slot._replace(number=names.index(slot.name), total=len(names))
        for strategy in self._strategies:
            if strategy.touches("kernel"):
                state = self._kernels.states.get(strategy.facts.name, ())
                if state and not known:
                    raise UsageError(
                        f"{strategy.facts.name} keeps a variable for each kernel, and the network has "
                        f"no trainable weight {slot.name}/kernel for its slot {slot.name}"
                    )
                moment = None
                if self._moment_of is not None:
                    moment = self._moment_of(strategy, f"kernel/{slot.name}")
                used = strategy.kernel(slot, kernel, state, moment)
                kernel = kept(strategy, "kernel", kernel, used)
        return kernel

    def dense(self, layer: keras.layers.Dense, values: Tensor) -> Tensor:
        """Apply a dense layer, [..., in] -> [..., out], with the kernel that the arm uses."""
        slot = Slot(layer.name, "dense")
        if not layer.built:
            self.kernels_seen.append(slot.name)
            return layer(values)
        stored = tf.convert_to_tensor(layer.kernel)
        kernel = self.kernel(slot, stored)
        if kernel is stored:
            return layer(values)
        product = keras.ops.matmul(tf.cast(values, kernel.dtype), kernel)
        if layer.bias is not None:
            product = keras.ops.add(product, layer.bias)
        return layer.activation(product)

    def noise(self, slot: Slot, values: Tensor) -> Tensor:
        """Return activations [B, ..., D] with the noise of the arm."""
        for strategy, moment in self._acting("noise", f"noise/{slot.name}"):
            values = kept(strategy, "noise", values, strategy.noise(slot, values, moment))
        return values

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor) -> Tensor:
        """Add a residual branch [B, ...] to its shortcut."""
        for strategy, moment in self._acting("merge", f"merge/{slot.name}"):
            merged = strategy.merge(slot, shortcut, branch, moment)
            return kept(strategy, "merge", shortcut, merged)
        return shortcut + branch

    def hidden(self, slot: Slot, values: Tensor) -> Tensor:
        """Return a hidden state [B, ..., D]; its mask and targets change with it."""
        slot = slot._replace(number=len(self.hidden_seen), total=self._hidden_slots)
        self.hidden_seen.append(slot.name)
        # One key for all slots: a strategy that picks a slot must pick the same one at each of them.
        for strategy, moment in self._acting("hidden", "hidden"):
            before = Batch(values, self.mask, self.targets)
            after = strategy.hidden(slot, before, moment)
            values, self.mask, self.targets = kept_batch(strategy, "hidden", before, after)
        return values

    def _acting(self, stage: str, purpose: str) -> list[tuple[Strategy, Moment]]:
        """List the strategies that act at a stage of this pass, with their moments."""
        if self._moment_of is None:
            return []
        return [(s, self._moment_of(s, purpose)) for s in self._strategies if s.touches(stage)]
