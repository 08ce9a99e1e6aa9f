"""The training step of every arm, in turn with its baseline's, and the time of tracing it.

A round is a block of ten steps; `extra_info` has the paired ratio, which `make perf-check` compares.
"""

from __future__ import annotations

from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.core.record import paired_ratio
from bench.core.study import BASELINE
from bench.timing.device import device_here
from bench.timing.protocol import warm_up
from bench.timing.stepper import Stepper
from tests.perf import cases

STEPS = 10
ROUNDS = 8


@cache
def baseline(task: str) -> Stepper:
    """Return a baseline, traced and warm."""
    return warm(cases.compiled((task, BASELINE)))


def warm(arm: cases.CompiledArm) -> Stepper:
    stepper = Stepper(arm, device_here())
    warm_up(stepper)
    return stepper


@pytest.mark.parametrize("case", cases.arms(), ids="-".join)
def test_train_step(benchmark: BenchmarkFixture, case: cases.Case) -> None:
    reference, ours = baseline(case[0]), warm(cases.compiled(case))
    theirs: list[float] = []
    mine: list[float] = []
    benchmark.pedantic(
        lambda: mine.append(ours(STEPS)),
        setup=lambda: theirs.append(reference(STEPS)),
        rounds=ROUNDS,
    )
    benchmark.extra_info["ratio"] = paired_ratio(mine, theirs)
    benchmark.extra_info["first_step_seconds"] = ours.first_step_seconds
    benchmark.extra_info["steps"] = STEPS
    assert len(mine) == len(theirs) == ROUNDS


@pytest.mark.parametrize("case", cases.arms(), ids="-".join)
def test_tracing(benchmark: BenchmarkFixture, case: cases.Case) -> None:
    stepper = benchmark.pedantic(Stepper, (cases.compiled(case), device_here()), rounds=1)
    assert stepper.arm.compiled_step.experimental_get_tracing_count() == 1
