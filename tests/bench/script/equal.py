"""Train a script and the suite's arm from the same seed on the same examples, and compare them."""

from __future__ import annotations

import runpy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.recipe import Recipe, changed
from bench.core.strategy import Strategy
from bench.script.notes import Notes
from bench.script.script import script
from bench.tasks.task import Task
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.evaluated_weights import evaluated_weights
from bench.training.trainer import Trainer
from tests.tiny import tiny_data, tiny_recipe

SEED = 3


def written(task: Task, strategies: Sequence[Strategy], recipe: Recipe) -> str:
    return script(task, strategies, recipe, "tfds:some:1.0.0", "A script.", Notes("", {})).text


def difference(
    task: Task,
    strategies: Sequence[Strategy],
    folder: Path,
    changes: Mapping[str, Any],
    constants: Mapping[str, Any] = {},
) -> float:
    """Return the largest difference of a weight or a test logit, over the largest change of a weight.

    Args:
        folder: folder for the script.
        changes: changes of the tiny recipe.
        constants: values that the script has in place of its own.
    """
    recipe = changed(tiny_recipe(task), changes, task.facts.name)
    arm = CompiledArm(task, strategies, recipe, Settings(), tiny_data(task))
    return apart(arm, executed(written(task, strategies, recipe), folder), constants)


def executed(text: str, folder: Path) -> dict[str, Any]:
    """Return the names that a script defines; its `main` does not run."""
    path = folder / "recipe_script.py"
    path.write_text(text)
    return runpy.run_path(str(path), run_name="recipe_script")


def apart(arm: CompiledArm, made: Mapping[str, Any], constants: Mapping[str, Any] = {}) -> float:
    """Train an arm and an executed script; return their difference as `difference` does."""
    data, strategies = arm.data, arm.strategies
    start, end = trained(arm)
    made["train"].__globals__.update(constants, SEED=SEED)
    values, labels = np.array(data.pool.values), np.array(data.pool.labels)
    given = [values[arm.draw.train], labels[arm.draw.train]]
    if any(strategy.touches("stopping") for strategy in strategies):
        given.append((values[arm.draw.validation], labels[arm.draw.validation]))
    network = made["train"](*given)
    theirs = weights(network), made["logits_of"](network, np.array(data.test.values))
    change = largest(start[0], end[0])
    assert change > 1e-3, "the training changed nothing, so the comparison says nothing"
    return max(largest(theirs[0], end[0]), float(np.abs(theirs[1] - end[1]).max())) / change


def largest(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(some, others, strict=True))


def weights(network: Any) -> list[np.ndarray]:
    return [v.numpy() for v in network.variables if "seed_generator" not in v.path]


def trained(arm: CompiledArm) -> list[tuple[list[np.ndarray], np.ndarray]]:
    """Train an arm as a trial does; return weights and test logits of the start and of the end."""
    result: list[tuple[list[np.ndarray], np.ndarray]] = []
    trainer = Trainer(arm)
    scores, reset = trainer._scores, arm.reset

    def noted() -> None:
        result.append((weights(arm.network), arm.logits(arm.data.test)))

    def started(seed: int, streams: int = 0) -> None:
        reset(seed, streams)
        noted()

    def ended(statistics: Any, best: Any) -> Any:
        if len(result) == 1:
            with evaluated_weights(arm, statistics, best):
                noted()
        return scores(statistics, best)

    arm.reset, trainer._scores = started, ended  # type: ignore[method-assign]
    trainer.run(SEED)
    return result
