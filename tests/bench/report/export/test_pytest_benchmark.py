"""pytest-benchmark reads the step times of `bench time`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.stats import Stats

from bench.core.record import StepTime
from bench.report.export.pytest_benchmark import benchmarks, export, statistics
from tests.bench import measured


def step_times() -> list[StepTime]:
    """Make the step times of three processes, at ratios 1.1, 1.2 and 1.3."""
    found = []
    for process, ratio in enumerate((1.1, 1.2, 1.3)):
        blocks = {"arm_ms": (10 * ratio,) * 4, "reference_ms": (10.0,) * 4}
        found.append(measured.step_time(process).model_copy(update=blocks))
    return found


def test_a_statistic_is_pytest_benchmarks_own() -> None:
    seconds = np.random.default_rng(3).lognormal(-3, 0.3, 41)
    theirs = Stats()
    for value in seconds:
        theirs.update(float(value))
    ours = statistics(seconds)
    assert ours.keys() == {*Stats.fields, "data", "iterations"}
    for name in ("min", "max", "mean", "stddev", "rounds", "median", "total", "ops", "q1", "q3"):
        assert ours[name] == pytest.approx(getattr(theirs, name), rel=0.02), name


def test_each_arm_is_a_benchmark_with_its_ratio_and_interval() -> None:
    listed = benchmarks(measured.study(), step_times())["benchmarks"]
    by_name = {one["name"]: one for one in listed}
    assert set(by_name) == {"step[cifar10-baseline]", "step[cifar10-mixup]"}
    extra = by_name["step[cifar10-mixup]"]["extra_info"]
    assert extra["processes"] == 3
    assert extra["ratio"] == pytest.approx((1.1 * 1.2 * 1.3) ** (1 / 3))
    assert extra["ratio_low"] < 1.1 < 1.3 < extra["ratio_high"]
    assert by_name["step[cifar10-mixup]"]["stats"]["median"] == pytest.approx(0.012)
    assert by_name["step[cifar10-baseline]"]["stats"]["rounds"] == 12


def test_two_machines_are_two_benchmarks() -> None:
    first, second, third = step_times()
    elsewhere = second.model_copy(update={"machine": "other"})
    listed = benchmarks(measured.study(), [first, elsewhere, third])["benchmarks"]
    assert len(listed) == 4
    assert len({one["group"] for one in listed}) == 2


def test_the_real_tool_compares_it(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.json"
    export(path, measured.study(), step_times())
    json.loads(path.read_text())
    tool = [sys.executable, "-m", "pytest_benchmark", "compare", str(path), "--columns=median"]
    shown = subprocess.run(tool, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "step[cifar10-mixup]" in shown.stdout
    assert "12.0000 (1.2" in shown.stdout
