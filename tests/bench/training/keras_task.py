"""Tasks as a user writes them, around any Keras model: small images of three classes, and texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from bench import Identity, KerasNetwork, Network, Parts, Recipe, Source, Strategy, Task, TaskFacts
from bench.data.dataset import PADDING, Split
from bench.data.load import Subset
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData

CLASSES, SIDE, LENGTH, VOCABULARY = 3, 8, 6, 20
Make = Callable[[], Any]
"""A builder of a Keras model."""


def recipe(**changes: Any) -> Recipe:
    values = {
        "train_examples": 48, "validation_examples": 12, "test_examples": 12, "steps": 6,
        "batch_size": 12, "learning_rate": 0.01, "evaluations": 1, **changes,
    }  # fmt: skip
    return Recipe.model_validate(values)


class UserTask(Task):
    """A task whose network wraps a Keras model."""

    summary = "a user's data"
    profiles = {"quick": recipe()}

    def __init__(self, make: Make, modality: str = "image") -> None:
        self.make = make
        self.facts = TaskFacts("users", modality, CLASSES, {})  # type: ignore[misc,arg-type]

    def identify(self, source: Source) -> Identity:
        return Identity("users:1", False)

    def load(self, recipe: Recipe, source: Source) -> Subset:
        examples = recipe.train_examples
        few = recipe.validation_examples, recipe.test_examples
        make = images if self.facts.modality == "image" else texts
        return Subset(make(examples, 0), make(few[0], 1), make(few[1], 2), digest="users")

    def network(self, recipe: Recipe, parts: Parts) -> Network:
        return KerasNetwork(self.make, parts.seed)


def images(count: int, seed: int) -> Split:
    """Make images of waves in noise; the class is the number of waves."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % CLASSES).astype(np.int32)
    waves = np.sin(np.arange(SIDE) * (labels[:, None] + 1)) * 60 + 128
    pixels = waves[:, None, :, None] + random.normal(0, 40, (count, SIDE, SIDE, 1))
    return Split(np.clip(pixels, 0, 255).astype(np.uint8), labels)


def texts(count: int, seed: int) -> Split:
    """Make texts of random tokens; the first one determines the class."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % CLASSES).astype(np.int32)
    ids = random.integers(5, VOCABULARY, (count, LENGTH)).astype(np.int32)
    ids[:, 0] = 2 + labels
    lengths = random.integers(1, LENGTH + 1, count).astype(np.int32)
    ids[np.arange(LENGTH)[None, :] >= lengths[:, None]] = PADDING
    return Split(ids, labels, lengths)


def arm(
    make: Make,
    strategies: Sequence[Strategy] = (),
    settings: Settings | None = None,
    modality: str = "image",
    **changes: Any,
) -> CompiledArm:
    """Make an arm that trains a user's model."""
    task, chosen = UserTask(make, modality), recipe(**changes)
    data = DeviceData.of(task.load(chosen, Source()), resample=False)
    return CompiledArm(task, strategies, chosen, settings or Settings(), data)


def layers(*made: Callable[[], keras.layers.Layer]) -> Make:
    """Return a builder of a sequential model, which makes each layer again at each call."""
    return lambda: keras.Sequential([make() for make in made])
