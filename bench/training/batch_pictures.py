"""What the batch stages of a strategy do to a few images, as arrays to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.randomness import stream
from bench.core.recipe import Recipe
from bench.core.strategy import BATCH_STAGES, Batch, Moment, Strategy, Tensor
from bench.data.dataset import Split
from bench.networks.parts import Parts
from bench.tasks.task import Task


class Pictured(NamedTuple):
    """A batch of images after a strategy's batch stages."""

    name: str
    """The strategy's; empty for the batch as it is."""
    images: np.ndarray
    """float32 [N, H, W, 3] in [0, 1]."""
    targets: np.ndarray
    """float32 [N, K], soft labels."""


def pictured(
    task: Task, recipe: Recipe, split: Split, strategies: Sequence[Strategy], seed: int = 0
) -> list[Pictured]:
    """The images of a split as they are, then after each strategy that has a batch stage.

    Args:
        task: one on images, whose network's `embed` is affine in each pixel.
        recipe: what the task's network is made for.
        split: the examples, few.
        strategies: those without a batch stage are left out.
        seed: of the random streams, those of a trial's first step.
    """
    network = task.network(recipe, Parts((), seed, "float32"))
    raw = tf.cast(split.values, tf.float32) / 255.0
    black, white = network.embed(tf.zeros_like(raw)), network.embed(tf.ones_like(raw))
    targets = tf.one_hot(split.labels, task.facts.classes)

    def moment(strategy: Strategy, purpose: str) -> Moment:
        name = strategy.facts.name
        drawn = None
        if strategy.touches("draw"):
            drawn = strategy.draw(stream(seed, f"draw/{name}", 0), len(split.labels))
        key = stream(seed, f"{purpose}/{name}", 0)
        return Moment(key, tf.constant(0), tf.constant(0.0), tf.constant(0.0), drawn)

    def seen(name: str, features: Tensor, labels: Tensor) -> Pictured:
        images = (features - black) / (white - black)
        return Pictured(name, np.clip(images.numpy(), 0.0, 1.0), np.asarray(labels))

    found = [seen("", network.embed(raw), targets)]
    for strategy in strategies:
        if not any(strategy.touches(stage) for stage in BATCH_STAGES):
            continue
        batch = Batch(raw, None, targets)
        if strategy.touches("examples"):
            batch = strategy.examples(batch, moment(strategy, "examples"))
        batch = batch._replace(values=network.embed(batch.values))
        if strategy.touches("features"):
            batch = strategy.features(batch, moment(strategy, "features"))
        found.append(seen(strategy.facts.name, batch.values, batch.targets))
    return found
