"""The baseline has nothing hidden in it: no smoothing, no augmentation, no decay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from bench.core.recipe import changed
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.schedule import learning_rate
from tests.strategies.arms import eager_step
from tests.tiny import tiny_data, tiny_recipe

TASKS = find().tasks


class Step(NamedTuple):
    """One step on all training examples at once, so that their order does not matter."""

    loss: float
    plain: float
    """Cross-entropy of the labels, from logits in evaluation mode before the step."""
    moved: float
    """The largest change of a weight, as a multiple of the step's learning rate."""


@pytest.fixture(scope="module", params=TASKS)
def step(request: pytest.FixtureRequest) -> Step:
    task = TASKS[request.param]
    whole = changed(tiny_recipe(task), {"batch_size": 24}, task.facts.name)
    arm = CompiledArm(task, [], whole, Settings(), tiny_data(task))
    arm.reset(0)
    logits = arm.logits(arm.data.pool, arm.draw.train).astype(float)
    labels = arm.data.pool.labels.numpy()[arm.draw.train]
    chosen = logits[np.arange(len(labels)), labels]
    plain = float(np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen))
    before = [v.numpy() for v in arm.network.trainable_variables]
    loss = eager_step(arm)
    after = [v.numpy() for v in arm.network.trainable_variables]
    moved = max(float(np.abs(a - b).max()) for a, b in zip(after, before, strict=True))
    return Step(loss, plain, moved / float(learning_rate(whole, 0)))


def test_its_objective_is_the_cross_entropy_of_the_labels(step: Step) -> None:
    assert step.loss == pytest.approx(step.plain, rel=1e-5)


def test_no_weight_moves_further_than_adam_moves_it(step: Step) -> None:
    """Adam's first step is the learning rate times the gradient's sign; decay would add to it."""
    assert 0.9 < step.moved < 1.0001
