"""Made-up history lines of many arms, with planted shifts."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.compare.regressions import Comparison
from bench.storage.history import Line, ProcessResult, SeedResult

ARMS = ("baseline", *(f"arm{number}" for number in range(1, 13)))
"""A baseline and twelve arms."""


def lines(
    name: str,
    random: np.random.Generator,
    arms: tuple[str, ...] = ARMS,
    seeds: int = 10,
    processes: int = 6,
    accuracy_sd: float = 1.0,
    process_sd: float = 0.01,
    accuracy_shift: dict[str, float] | None = None,
    slower: dict[str, float] | None = None,
    all_slower: float = 0.0,
    all_worse: float = 0.0,
    hour: int | None = 0,
    **changes: Any,
) -> list[Line]:
    """Make the lines of a study of one task.

    Args:
        accuracy_sd: of a seed, percentage points; every arm has noise of its own.
        process_sd: of the log of a step's time, in an arm's ratio and in what all arms share.
        accuracy_shift: arm -> points of accuracy.
        slower: arm -> share of its step time, beside the baseline's.
        all_slower, all_worse: of all arms, a share of the step time and points of accuracy.
        hour: hour of the day in which its processes began, one a minute; studies of the same hour were
            measured in turn. None for unknown start times.
    """
    shared = random.normal(0, process_sd, processes)
    found = []
    for number, arm in enumerate(arms):
        level = 60 + number / 2 + (accuracy_shift or {}).get(arm, 0.0) - all_worse
        scores = (level + random.normal(0, accuracy_sd, seeds)) / 100
        areas = (level - 5 + random.normal(0, accuracy_sd / 2, seeds)) / 100
        ratio = 1 + number / 20
        noise = random.normal(0, process_sd, processes) if number else np.zeros(processes)
        ratios = ratio * (1 + (slower or {}).get(arm, 0.0)) * np.exp(noise)
        ms = 10 * ratios * np.exp(shared) * (1 + all_slower)
        memory = 800 * np.exp(random.normal(0, 0.01, processes))
        known: dict[str, Any] = {
            "study": name,
            "created": "2026-01-01T00:00:00+00:00",
            "task": "images",
            "arm": arm,
            "reference": "baseline" if number else None,
            "strategies": arm if number else "",
            "data": "tfds:cifar10:3.0.2",
            "data_hash": "d",
            "synthetic": False,
            "recipe": {"steps": 100},
            "settings": {"precision": "float32"},
            "device": "CPU",
            "machine": "m1",
            "software": {"tensorflow": "2.20.0"},
            "seeds": tuple(
                SeedResult(seed=i, accuracy=a, area=b, start=f"{name}{i}")
                for i, (a, b) in enumerate(zip(scores, areas, strict=True))
            ),
            "processes": tuple(
                ProcessResult(
                    process=i, ratio=r, ms=t, memory_mb=m, matrix_rate=1e9, started=began(hour, i)
                )
                for i, (r, t, m) in enumerate(zip(ratios, ms, memory, strict=True))
            ),
        }
        found.append(Line(**(known | changes)))
    return found


def began(hour: int | None, process: int) -> str:
    """Return the start time of a process."""
    return "" if hour is None else f"2026-01-01T{hour:02d}:{process:02d}:00.000000+00:00"


def found(comparison: Comparison, verdict: str = "regressed") -> set[tuple[str, str]]:
    rows = comparison.findings[comparison.findings["verdict"] == verdict]
    return set(zip(rows["arm"], rows["metric"], strict=True))


def row(comparison: Comparison, arm: str, metric: str) -> dict:
    rows = comparison.findings
    return rows[(rows["arm"] == arm) & (rows["metric"] == metric)].iloc[0].to_dict()
