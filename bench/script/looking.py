"""One forward pass through the network of an arm, which shows where its techniques act."""

from __future__ import annotations

import sys
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.recipe import Recipe
from bench.core.strategy import Slot, Strategy, Tensor, Weights
from bench.networks import forward_pass
from bench.networks.forward_pass import Kernels, Pass
from bench.networks.network import Network
from bench.networks.parts import Parts
from bench.script.acting import Acting
from bench.tasks.loading import load_data
from bench.tasks.own import AddressedTask
from bench.tasks.task import Source, Task
from bench.training.batch_stages import raw
from bench.training.building import build
from bench.training.moments import Moments, drawn
from bench.training.variables import changed_in_training, kernel_places, weights_of

SIDE = 32
"""Height and width of the images in that forward pass."""
EXAMPLES = 2


class Look(NamedTuple):
    """A built network, and the places where an arm acts in it."""

    network: Network
    acting: Acting
    hidden: tuple[str, ...]
    """Names of the hidden slots, in the order of a forward pass."""
    kernels: tuple[str, ...]
    """Names of the kernel slots, in the order of `weights.kernels`."""
    weights: Weights
    averages: bool
    """True if a training pass changes moving statistics."""
    penalized: bool
    """True if layers add losses of their own."""
    fractions: bool
    """True for images that are stored as numbers in [0, 1], not as bytes."""


class _Looking(Pass):
    """A forward pass that notes the lines where strategies change values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites: set[tuple[str, int]] = set()
        self.normalized = self.masked = self.of_dense = False

    def normalize(self, layer: Any | None, values: Tensor) -> Tensor:
        self.normalized |= layer is not None
        takes = layer is not None and "mask" in signature(layer.call).parameters
        self.masked |= takes and self.mask is not None
        return super().normalize(layer, values)

    def kernel(self, slot: Slot, kernel: Tensor) -> Tensor:
        return self._noted(kernel, super().kernel(slot, kernel))

    def noise(self, slot: Slot, values: Tensor) -> Tensor:
        return self._noted(values, super().noise(slot, values))

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor) -> Tensor:
        return self._noted(None, super().merge(slot, shortcut, branch))

    def _noted(self, before: Any, after: Tensor) -> Tensor:
        if after is not before:
            frame = sys._getframe(2)
            if frame.f_code.co_filename == forward_pass.__file__:  # in `Pass.dense`
                frame, self.of_dense = sys._getframe(3), True
            self.sites.add((frame.f_code.co_filename, frame.f_lineno))
        return after


def look(task: Task, strategies: tuple[Strategy, ...], recipe: Recipe) -> Look:
    """Build the network of an arm and run it once in training mode."""
    is_text = task.facts.modality == "text"
    values = sample(task, recipe)
    mask = tf.ones(values.shape, tf.bool) if is_text else None
    seed, step = tf.constant(0), tf.constant(0)
    moments = Moments(
        seed, step, tf.constant(0.0), tf.constant(0.0), drawn(strategies, seed, step, EXAMPLES),
        tf.range(EXAMPLES), step,
    )  # fmt: skip
    network = task.network(recipe, Parts(strategies, 0))
    building = Pass((), mask)
    build(network, raw(values), building, task.facts)
    targets = tf.one_hot([0] * EXAMPLES, task.facts.classes)

    def plain() -> None:
        network(network.embed(raw(values)), flow=Pass((), mask, targets, training=True))

    state = changed_in_training(network, plain)
    places = kernel_places(network, building.kernels_seen)
    weights = weights_of(network, state, task.facts.classes, list(places.values()))
    states = {strategy.facts.name: strategy.state(weights) for strategy in strategies}

    def passed() -> _Looking:
        flow = _Looking(
            strategies, mask, targets, training=True,
            moment_of=lambda strategy, purpose: moments.of(strategy, purpose, 0),
            kernels=Kernels(list(places), states),
        )  # fmt: skip
        network(network.embed(raw(values)), flow=flow)
        return flow

    flow = passed()
    touched = {
        s for s in ("kernel", "noise", "merge", "hidden") for t in strategies if t.touches(s)
    }
    acting = Acting(
        frozenset(touched), frozenset(flow.sites), flow.normalized, flow.masked, is_text,
        flow.of_dense,
    )  # fmt: skip
    hidden = tuple(dict.fromkeys(flow.hidden_seen))
    return Look(
        network, acting, hidden, tuple(places), weights, bool(state), bool(network.losses),
        values.dtype.is_floating,
    )  # fmt: skip


def sample(task: Task, recipe: Recipe) -> Tensor:
    """Return stored values of a shape that the task's network takes."""
    if not is_published(task):
        shown = load_data(task, recipe, Source()).train.values[:EXAMPLES]
        return tf.constant(shown.astype(np.int64) if shown.dtype == np.int32 else shown)
    if task.facts.modality == "text":
        return tf.ones([EXAMPLES, recipe.length], tf.int64)  # type: ignore[attr-defined]
    return tf.zeros([EXAMPLES, SIDE, SIDE, 3], tf.uint8)


def is_published(task: Task) -> bool:
    """Return true for a task of the suite on data that tensorflow-datasets has."""
    return type(task).__module__.startswith("bench.") and not isinstance(task, AddressedTask)
