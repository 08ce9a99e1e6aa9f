"""A study's step times in the format of pytest-benchmark, for its tools.

`pytest-benchmark compare benchmark.json` lists every arm's step. A round is a block, and its time
that of one step.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.analysis.step_times import geometric_mean
from bench.core.record import StepTime
from bench.core.study import Study
from bench.storage.files import write_atomic

FORMAT = "5.1.0"
"""Version of pytest-benchmark with this format."""


class Place(NamedTuple):
    """One benchmark of the file: an arm on one machine."""

    task: str
    arm: str
    device: str
    machine: str


def export(path: Path, study: Study, step_times: Sequence[StepTime]) -> None:
    """Write the file.

    Raises:
        BenchError: it cannot be written.
    """
    text = json.dumps(benchmarks(study, step_times), indent=1, allow_nan=False)
    write_atomic(path, text.encode() + b"\n")


def benchmarks(study: Study, step_times: Iterable[StepTime]) -> dict[str, Any]:
    """Make the object that pytest-benchmark reads: a benchmark per arm, references included.

    `stats` pools the blocks of all processes, since pytest-benchmark knows rounds only. The paired
    ratio with its interval over processes is in `extra_info`.
    """
    blocks: dict[Place, list[float]] = {}
    ratios: dict[Place, list[float]] = {}
    references: dict[Place, str] = {}
    environment: dict[str, Any] = {}
    for record in step_times:
        arm = Place(record.task, record.arm, record.device, record.machine)
        reference = arm._replace(arm=record.reference)
        blocks.setdefault(reference, []).extend(ms / 1000 for ms in record.reference_ms)
        blocks.setdefault(arm, []).extend(ms / 1000 for ms in record.arm_ms)
        ratios.setdefault(arm, []).append(record.ratio)
        references[arm] = record.reference
        environment = record.environment
    listed = []
    for place, seconds in blocks.items():
        extra: dict[str, Any] = {"data": study.data[place.task], "synthetic": study.synthetic}
        if place in ratios:
            ratio, low, high = geometric_mean(np.array(ratios[place]))
            extra |= {"ratio": ratio, "reference": references[place]}
            extra |= {"processes": len(ratios[place])}
            extra |= {} if np.isnan(low) else {"ratio_low": low, "ratio_high": high}
        listed.append(_benchmark(place, np.array(seconds), extra))
    return {
        "machine_info": _machine_info(environment),
        "commit_info": {},
        "benchmarks": listed,
        "datetime": study.created,
        "version": FORMAT,
    }


def _benchmark(place: Place, seconds: np.ndarray, extra: dict[str, Any]) -> dict[str, Any]:
    name = f"step[{place.task}-{place.arm}]"
    return {
        "group": f"{place.task}, {place.device} step time ({place.machine})",
        "name": name,
        "fullname": f"bench time::{name}",
        "params": {"task": place.task, "arm": place.arm},
        "param": f"{place.task}-{place.arm}",
        "extra_info": extra,
        "options": {"disable_gc": False, "timer": "perf_counter_ns", "warmup": True},
        "stats": statistics(seconds),
    }


def statistics(seconds: np.ndarray) -> dict[str, Any]:
    """Compute pytest-benchmark's statistics of rounds, shape (rounds,), with Tukey's fences."""
    q1, median, q3 = (float(q) for q in np.quantile(seconds, [0.25, 0.5, 0.75]))
    mean = float(seconds.mean())
    deviation = float(seconds.std(ddof=1)) if len(seconds) > 1 else 0.0
    fence = 1.5 * (q3 - q1)
    inside = seconds[(seconds >= q1 - fence) & (seconds <= q3 + fence)]
    far = int((np.abs(seconds - mean) > deviation).sum())
    outside = len(seconds) - len(inside)
    return {
        "min": float(seconds.min()), "max": float(seconds.max()), "mean": mean,
        "stddev": deviation, "rounds": len(seconds), "median": median, "iqr": q3 - q1, "q1": q1,
        "q3": q3, "iqr_outliers": outside, "stddev_outliers": far, "outliers": f"{far};{outside}",
        "ld15iqr": float(inside.min()), "hd15iqr": float(inside.max()), "ops": 1.0 / mean,
        "total": float(seconds.sum()), "data": seconds.tolist(), "iterations": 1,
    }  # fmt: skip


def _machine_info(environment: dict[str, Any]) -> dict[str, Any]:
    software = environment.get("software", {})
    return {
        "node": environment.get("machine", ""),
        "system": environment.get("system", ""),
        "machine": environment.get("device", ""),
        "python_version": software.get("python", ""),
        "cpu": {
            "brand_raw": environment.get("processor", ""),
            "count": environment.get("cores", 0),
        },
    }
