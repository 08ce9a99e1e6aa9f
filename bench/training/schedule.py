"""The learning rate of a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from bench.core.lazy import tf
from bench.core.recipe import Recipe
from bench.core.strategy import Schedule, Strategy, Tensor

TRIANGLE_START = 0.2
"""Rate of the first step of a `triangle`, as a share of the peak."""


def learning_rate(recipe: Recipe, step: Tensor) -> Tensor:
    """Return the recipe's rate for a step: a linear warm-up to the peak, then a fall; float32 scalar.

    The first step already learns, at peak / warm-up steps. The fall ends at `final_rate` times the
    peak after the last step: along half a cosine, along a straight line (`linear`, and `triangle`, whose
    warm-up begins at a fifth of the peak), or there is none (`constant`).
    """
    rising = max(1, round(recipe.warmup * recipe.steps))
    falling = max(1, recipe.steps - rising)
    now = tf.cast(step, tf.float32)
    up = (now + 1.0) / rising
    if recipe.schedule == "triangle":
        up = TRIANGLE_START + (1.0 - TRIANGLE_START) * up
    passed = tf.minimum((now + 1.0 - rising) / falling, 1.0)
    down = _left(recipe.schedule, passed)
    if recipe.final_rate:
        down = recipe.final_rate + (1.0 - recipe.final_rate) * down
    return recipe.learning_rate * tf.where(now < rising, up, down)


def _left(schedule: str, passed: Tensor) -> Tensor:
    """Return the share of the fall that is left after a share of it has passed."""
    if schedule == "constant":
        return tf.ones_like(passed)
    if schedule == "cosine":
        return 0.5 * (1.0 + tf.cos(math.pi * passed))
    return 1.0 - passed


def scheduled(recipe: Recipe, strategies: Sequence[Strategy], step: Tensor) -> Tensor:
    """Return the rate of a step, the `schedule` stages of the strategies included."""
    rate: Schedule = partial(learning_rate, recipe)
    for strategy in reversed(strategies):
        if strategy.touches("schedule"):
            rate = partial(strategy.schedule, steps=recipe.steps, rest=rate)
    return rate(step)
