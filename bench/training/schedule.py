"""The learning rate of a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from bench.core.lazy import tf
from bench.core.recipe import Recipe
from bench.core.strategy import Schedule, Strategy, Tensor


def learning_rate(recipe: Recipe, step: Tensor) -> Tensor:
    """Return the recipe's rate for a step: linear warm-up, then cosine to 0; float32 scalar.

    The first step already learns, at peak / warm-up steps. The step after the last would have 0.
    """
    rising = max(1, round(recipe.warmup * recipe.steps))
    falling = max(1, recipe.steps - rising)
    now = tf.cast(step, tf.float32)
    up = (now + 1.0) / rising
    down = 0.5 * (1.0 + tf.cos(math.pi * tf.minimum((now + 1.0 - rising) / falling, 1.0)))
    return recipe.learning_rate * tf.where(now < rising, up, down)


def scheduled(recipe: Recipe, strategies: Sequence[Strategy], step: Tensor) -> Tensor:
    """Return the rate of a step, the `schedule` stages of the strategies included."""
    rate: Schedule = partial(learning_rate, recipe)
    for strategy in reversed(strategies):
        if strategy.touches("schedule"):
            rate = partial(strategy.schedule, steps=recipe.steps, rest=rate)
    return rate(step)
