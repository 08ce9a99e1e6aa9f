"""Images before and after the batch stages of strategies, as arrays to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.recipe import Recipe
from bench.core.strategy import BATCH_STAGES, Batch, Strategy, Tensor
from bench.data.dataset import Split
from bench.networks.parts import Parts
from bench.tasks.task import Task
from bench.training.batch_stages import after_examples, features
from bench.training.moments import Moments, drawn


class Pictured(NamedTuple):
    """A batch of images after a strategy's batch stages."""

    name: str
    """The strategy's name; empty for the batch as it is."""
    images: np.ndarray
    """float32 [N, H, W, 3] in [0, 1]."""
    targets: np.ndarray
    """float32 [N, K], soft labels."""


def pictured(
    task: Task, recipe: Recipe, split: Split, strategies: Sequence[Strategy], seed: int = 0
) -> list[Pictured]:
    """Return the images of a split as they are, then after each strategy that has a batch stage.

    Args:
        task: a task on images, whose network's `embed` is affine in each pixel.
        recipe: the recipe that the network is made for.
        split: the examples; a few.
        strategies: those without a batch stage are left out.
        seed: seed of the random streams, which are those of a trial's first step.
    """
    network = task.network(recipe, Parts((), seed, "float32"))
    pixels = tf.cast(split.values, tf.float32) / 255.0
    network.embed(pixels)
    network.adapt(lambda count: pixels[:count])
    black, white = network.embed(tf.zeros_like(pixels)), network.embed(tf.ones_like(pixels))
    batch = Batch(pixels, None, tf.one_hot(split.labels, task.facts.classes))
    start, zero = tf.constant(0), tf.constant(0.0)

    def seen(name: str, values: Tensor, targets: Tensor) -> Pictured:
        images = (values - black) / (white - black)
        return Pictured(name, np.clip(images.numpy(), 0.0, 1.0), np.asarray(targets))

    pictures = [seen("", network.embed(pixels), batch.targets)]
    for strategy in strategies:
        if any(strategy.touches(stage) for stage in BATCH_STAGES):
            numbers = drawn([strategy], seed, start, len(split.labels))
            moments = Moments(seed, start, zero, zero, numbers, tf.range(len(split.labels)), start)
            changed = features(
                [strategy], network, after_examples([strategy], batch, moments), moments
            )
            pictures.append(seen(strategy.facts.name, changed.values, changed.targets))
    return pictures
