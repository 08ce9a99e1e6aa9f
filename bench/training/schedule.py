"""The learning rate of a step."""

from __future__ import annotations

import math

from bench.core.lazy import tf
from bench.core.recipe import Recipe
from bench.core.strategy import Tensor


def learning_rate(recipe: Recipe, step: Tensor) -> Tensor:
    """Linear warm-up over `warmup` of the steps to the peak, then cosine to 0; float32 scalar.

    The first step already learns (rate peak / warm-up steps); the step after the last would have 0.
    """
    rising = max(1, round(recipe.warmup * recipe.steps))
    falling = max(1, recipe.steps - rising)
    now = tf.cast(step, tf.float32)
    up = (now + 1.0) / rising
    down = 0.5 * (1.0 + tf.cos(math.pi * tf.minimum((now + 1.0 - rising) / falling, 1.0)))
    return recipe.learning_rate * tf.where(now < rising, up, down)
