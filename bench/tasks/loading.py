"""Load a task's data, and check it against the task's declaration.

The registry imports the modules of this package, so NumPy is imported where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.core.errors import UsageError
from bench.core.recipe import Recipe
from bench.data.source import Source
from bench.tasks.task import Task

if TYPE_CHECKING:
    from bench.data.dataset import Split
    from bench.data.selection import Subset


def load_data(task: Task, recipe: Recipe, source: Source) -> Subset:
    """Load the training, validation and test arrays of a task.

    Raises:
        UsageError: they are not those of `bench.select`, or not of the task's modality or classes.
    """
    from bench.data.selection import Subset

    subset = task.load(recipe, source)
    name = f"task {task.facts.name}"
    if not isinstance(subset, Subset):
        raise UsageError(f"{name}: load returned {type(subset).__name__}; return bench.select(...)")
    for split_name, split in (
        ("training", subset.train), ("validation", subset.validation), ("test", subset.test)
    ):  # fmt: skip
        _check(task, split, f"{name}: the {split_name} split")
    return subset


def _check(task: Task, split: Split, name: str) -> None:
    import numpy as np

    is_text = task.facts.modality == "text"
    types = (np.int32,) if is_text else (np.uint8, np.float32)
    if split.values.dtype not in types or split.labels.dtype != np.int32:
        raise UsageError(
            f"{name} has values of type {split.values.dtype} and labels of type "
            f"{split.labels.dtype}, which is no {task.facts.modality} data of bench.select(...)"
        )
    if (split.lengths is not None) != is_text:
        raise UsageError(f"{name} has {'no ' if is_text else ''}lengths of texts")
    highest = int(split.labels.max(initial=0))
    if highest >= task.facts.classes:
        raise UsageError(
            f"{name} has labels up to {highest}, and the task declares {task.facts.classes} classes; "
            "they are numbered from 0"
        )
