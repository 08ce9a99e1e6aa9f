"""The optimizer of a recipe, without weight decay: that is a strategy."""

from __future__ import annotations

from typing import Any

from bench.core.lazy import keras
from bench.core.recipe import Recipe
from bench.training.adam import make_adam
from bench.training.muon import make_muon


def make_optimizer(recipe: Recipe) -> Any:
    """Return the Keras optimizer of a recipe. The harness sets its learning rate at each step."""
    rate, momentum = recipe.learning_rate, recipe.momentum
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=momentum, nesterov=True)
    if recipe.optimizer == "muon":
        return make_muon(rate, momentum)
    return make_adam(rate)
