"""An arm so small that it is traced in a second, on the stand-in data."""

from __future__ import annotations

from functools import cache

from bench.core.recipe import Recipe, changed
from bench.core.strategy import Strategy
from bench.plugins.registry import find
from bench.tasks.task import Source
from bench.timing.device import Cpu
from bench.timing.stepper import Stepper
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData

BATCH = 8


def recipe(steps: int = 6) -> Recipe:
    task = find().task("cifar10")
    sizes = {"train_examples": 40, "validation_examples": 10, "test_examples": 10}
    values = {**sizes, "steps": steps, "batch_size": BATCH, "widths": (4,), "evaluations": 1}
    return changed(task.recipe("smoke"), values, "cifar10")


@cache
def data() -> DeviceData:
    return DeviceData.of(find().task("cifar10").load(recipe(), Source("synthetic")), resample=True)


def arm(*strategies: str) -> CompiledArm:
    return made(*(find().strategy(name)() for name in strategies))


def made(*strategies: Strategy) -> CompiledArm:
    """Return the arm of some strategies."""
    return CompiledArm(find().task("cifar10"), strategies, recipe(), Settings(), data())


@cache
def baseline() -> Stepper:
    """Return a baseline that tests share; a test that changes an arm makes its own."""
    return Stepper(arm(), Cpu())
