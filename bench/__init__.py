"""Public names of the suite: everything that a plugin with a strategy or a task needs.

`import bench` loads neither TensorFlow nor Keras; each name is imported at its first use. Names
that are not in `__all__` may change between versions.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.core.errors import UsageError
    from bench.core.fusion import fused
    from bench.core.lazy import keras, tf
    from bench.core.recipe import Recipe
    from bench.core.record import Evaluation
    from bench.core.strategy import (
        Batch,
        Differentiate,
        Facts,
        Gradients,
        Layer,
        Loss,
        LossResult,
        Moment,
        Paper,
        Schedule,
        Slot,
        StoppingDecision,
        Strategy,
        TaskFacts,
        Tensor,
        Tensors,
        Update,
        Weights,
        parameter,
    )
    from bench.data.dataset import Dataset, Split
    from bench.data.load import Subset, select
    from bench.data.source import Identity, Source
    from bench.networks.forward_pass import Pass
    from bench.networks.keras_network import KerasNetwork
    from bench.networks.network import Network
    from bench.networks.parts import Parts
    from bench.tasks.task import Task

HOMES = {
    "bench.core.errors": ("UsageError",),
    "bench.core.fusion": ("fused",),
    "bench.core.lazy": ("keras", "tf"),
    "bench.core.recipe": ("Recipe",),
    "bench.core.record": ("Evaluation",),
    "bench.core.strategy": (
        "Batch", "Differentiate", "Facts", "Gradients", "Layer", "Loss", "LossResult", "Moment", "Paper",
        "Schedule", "Slot", "StoppingDecision", "Strategy", "TaskFacts", "Tensor", "Tensors", "Update",
        "Weights", "parameter",
    ),
    "bench.data.dataset": ("Dataset", "Split"),
    "bench.data.load": ("Subset", "select"),
    "bench.networks.forward_pass": ("Pass",),
    "bench.networks.keras_network": ("KerasNetwork",),
    "bench.networks.network": ("Network",),
    "bench.networks.parts": ("Parts",),
    "bench.data.source": ("Identity", "Source"),
    "bench.tasks.task": ("Task",),
}  # fmt: skip
"""Module -> the public names that it defines."""

__all__ = [
    "Batch", "Dataset", "Differentiate", "Evaluation", "Facts", "Gradients", "Identity",
    "KerasNetwork", "Layer", "Loss", "LossResult", "Moment", "Network", "Paper", "Parts", "Pass",
    "Recipe", "Schedule", "Slot", "Source", "Split", "StoppingDecision", "Strategy", "Subset",
    "Task", "TaskFacts", "Tensor", "Tensors", "Update", "UsageError", "Weights", "fused",
    "keras", "parameter", "select", "tf",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    for module, names in HOMES.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'bench' has no public name {name!r}; see bench.__all__")


def __dir__() -> list[str]:
    return __all__
