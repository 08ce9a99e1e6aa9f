"""Real timings and memory measurements of arms, in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.analysis.frames import step_times_frame
from bench.plugins.registry import find
from bench.running.plan import plan
from bench.running.request import Request
from bench.running.timing_phase import TimingOptions, phase
from bench.storage.store import Store
from bench.tasks.task import Source

SOURCE = Source("synthetic")


@pytest.mark.slow
def test_a_study_is_timed_in_processes_of_its_own(tmp_path: Path) -> None:
    request = Request(
        profile="smoke", tasks=("cifar10",), strategies=("batch_norm",), controls=True,
        settings={"recipe.train_examples": "64"},
    )  # fmt: skip
    study = plan(request, find(), SOURCE).study
    store = Store(tmp_path / study.name)
    store.write_study(study)
    options = TimingOptions(processes=1, seconds=0.5, jobs=2, log_folder=tmp_path / "logs")
    done = phase(study, store, SOURCE, options, lock_folder=tmp_path / "locks")
    assert (done.written, done.failed) == (2, {})

    by_arm = {record.arm: record for record in store.step_times().step_times}
    assert set(by_arm) == {"baseline[A/A]", "batch_norm"}
    for record in by_arm.values():
        assert record.reference == "baseline"
        assert record.synthetic
        assert record.data == study.data["cifar10"]
        assert record.settings == {**study.settings, "device": record.device}
        assert len(record.arm_ms) == len(record.reference_ms) >= 4
        assert record.warm_up_steps >= 10
        assert record.first_step_seconds > max(record.arm_ms) / 1000
        assert record.peak_memory_mb is not None
        assert record.peak_memory_mb > 100
        assert record.reference_peak_memory_mb is not None
        assert record.input_ms is not None
        assert record.step_flops is not None
        assert record.matrix_flops_per_second is not None
    assert by_arm["batch_norm"].parameters > by_arm["batch_norm"].reference_parameters
    assert by_arm["baseline[A/A]"].parameters == by_arm["baseline[A/A]"].reference_parameters

    frame = step_times_frame(by_arm.values())
    share = frame["matrix_rate_share"]
    assert ((share > 0) & (share < 1.5)).all()
