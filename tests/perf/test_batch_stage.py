"""Every batch stage alone: no network, one batch, inside a `tf.function`."""

from __future__ import annotations

import pytest
import tensorflow as tf
from pytest_benchmark.fixture import BenchmarkFixture

from bench.timing.device import device_here
from tests.perf import cases
from tests.perf.stages import Repeated, batch_stage

TIMES = 20


@pytest.mark.parametrize("case", cases.batch_stages(), ids="-".join)
def test_batch_stage(benchmark: BenchmarkFixture, case: cases.Case) -> None:
    arm = cases.compiled(case)
    batch = arm.batch(tf.range(arm.recipe.batch_size))
    features = batch._replace(values=arm.network.embed(batch.values))
    repeated = Repeated(batch_stage(arm.strategies[0], features), batch, device_here())
    repeated(1)
    benchmark.extra_info["times"] = TIMES
    seconds = benchmark.pedantic(repeated, (TIMES,), rounds=8)
    assert seconds > 0
