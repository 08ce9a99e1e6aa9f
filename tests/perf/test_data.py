"""Loading a task's arrays from the cache, and the input pipeline of a step."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.core.study import BASELINE
from bench.timing.device import device_here
from bench.timing.stepper import input_ms
from bench.training.device_data import DeviceData
from tests.perf import cases


@pytest.mark.parametrize("name", cases.registry().tasks)
def test_loading(benchmark: BenchmarkFixture, name: str) -> None:
    task = cases.registry().task(name)
    recipe = task.recipe(cases.PROFILE)
    task.load(recipe, cases.SOURCE)  # generated and cached here, read below

    loaded = benchmark.pedantic(
        lambda: DeviceData.of(task.load(recipe, cases.SOURCE), resample=True), rounds=5
    )
    assert loaded.train.values.shape[0] == recipe.train_examples


@pytest.mark.parametrize("name", cases.registry().tasks)
def test_input_pipeline(benchmark: BenchmarkFixture, name: str) -> None:
    arm = cases.compiled((name, BASELINE))
    benchmark.extra_info["ms_a_step"] = benchmark.pedantic(input_ms, (arm, device_here()), rounds=3)
    assert benchmark.extra_info["ms_a_step"] > 0
