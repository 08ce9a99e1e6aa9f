"""Arms small enough that one is traced and trained in about a second, on generated data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.recipe import Recipe, changed
from bench.core.strategy import Strategy
from bench.data.dataset import FIRST_WORD, PADDING, Split
from bench.data.load import Subset
from bench.tasks.task import Task
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData

SIDE = 8
"""Height and width of an image, in pixels."""
STEPS = 4
SMALL: dict[str, Any] = {
    "train_examples": 24, "validation_examples": 8, "test_examples": 8, "steps": STEPS,
    "batch_size": 8, "evaluations": STEPS, "widths": (4, 8), "vocabulary": 40, "length": 12,
    "embedding": 8, "units": 8, "heads": 2, "layers": 1,
}  # fmt: skip
"""Values that make a recipe small, for the parameters that it has."""


def tiny_recipe(task: Task) -> Recipe:
    smoke = task.recipe("smoke")
    return changed(smoke, {n: v for n, v in SMALL.items() if hasattr(smoke, n)}, task.facts.name)


def split(task: Task, examples: int, seed: int) -> Split:
    """Make images of noise, or token ids of random lengths in which a word hints at the label."""
    random = np.random.default_rng(seed)
    labels = (np.arange(examples) % task.facts.classes).astype(np.int32)
    if task.facts.modality == "image":
        values = random.integers(0, 256, (examples, SIDE, SIDE, 3), dtype=np.uint8)
        return Split(values, labels)
    recipe = tiny_recipe(task)
    vocabulary, length = recipe.vocabulary, recipe.length  # type: ignore[attr-defined]
    lengths = random.integers(1, length + 1, examples).astype(np.int32)
    ids = random.integers(FIRST_WORD, vocabulary, (examples, length)).astype(np.int32)
    ids[:, 0] = FIRST_WORD + labels
    ids[np.arange(length)[None, :] >= lengths[:, None]] = PADDING
    return Split(ids, labels, lengths)


def tiny_data(task: Task) -> DeviceData:
    train, validation, test = split(task, 24, 0), split(task, 8, 1), split(task, 8, 2)
    return DeviceData.of(Subset(train, validation, test, digest="tiny"), resample=False)


def tiny_arm(
    task: Task,
    strategies: Sequence[Strategy] = (),
    settings: Settings | None = None,
    evaluations: int = STEPS,
) -> CompiledArm:
    """Return an arm on generated data, which is evaluated after each step or less often."""
    recipe = changed(tiny_recipe(task), {"evaluations": evaluations}, task.facts.name)
    return CompiledArm(task, strategies, recipe, settings or Settings(), tiny_data(task))


class Trace(NamedTuple):
    """Results of a training, to be compared bit for bit."""

    losses: tuple[float, ...]
    """The objective of each step."""
    order: tuple[int, ...]
    """Checksum of the row numbers of each step's batch."""
    weights: dict[str, str]
    """Slot name -> hash of the trained weight; moving averages too."""
    logits: bytes
    """Logits of the test split after training, in evaluation mode."""


def trace(arm: CompiledArm, seed: int = 0, steps: int = STEPS) -> Trace:
    """Train from a reset, one step a call."""
    arm.reset(seed)
    losses, order = [], []
    for step in range(steps):
        loss, _, checksum = arm.train_steps(tf.constant(step), tf.constant(1))
        losses.append(float(loss))
        order.append(int(checksum))
    logits = arm.logits(arm.data.test).tobytes()
    return Trace(tuple(losses), tuple(order), arm.initial_hashes(), logits)
