"""The new study's figures for github-action-benchmark, whose two kinds of file these are.

`customSmallerIsBetter`: step times and memory. `customBiggerIsBetter`: test accuracies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from statistics import geometric_mean, mean, stdev
from typing import Any

from bench.report.export.compared import Compared


def smaller(compared: Compared) -> str:
    """Milliseconds a step, ratios to the baseline's step, megabytes."""
    entries: list[dict[str, Any]] = []
    for line in compared.lines:
        done = line.processes
        name = f"{line.task} {line.arm}"
        where = f"{line.data}, {line.device} ({line.machine}), {len(done)} processes"
        memory = [p.memory_mb for p in done if p.memory_mb is not None]
        if done:
            times = [p.ms for p in done]
            entries.append(_entry(f"{name}: step time", "ms", mean(times), times, where))
            if line.reference is not None:
                ratios = [p.ratio for p in done]
                entries.append(
                    _entry(
                        f"{name}: step time", "x baseline", geometric_mean(ratios), ratios, where
                    )
                )
        if memory:
            entries.append(_entry(f"{name}: peak memory", "MB", mean(memory), memory, where))
    return _text(entries)


def bigger(compared: Compared) -> str:
    """Test accuracies in percent; none of synthetic stand-in data."""
    entries = []
    for line in compared.lines:
        scores = [100 * seed.accuracy for seed in line.seeds]
        if scores and not line.synthetic:
            name, where = (
                f"{line.task} {line.arm}: test accuracy",
                f"{line.data}, {len(scores)} seeds",
            )
            entries.append(_entry(name, "%", mean(scores), scores, where))
    return _text(entries)


def _entry(
    name: str, unit: str, value: float, values: Sequence[float], extra: str
) -> dict[str, Any]:
    entry = {"name": f"{name} ({unit})", "unit": unit, "value": round(value, 6), "extra": extra}
    if len(values) > 1:
        entry["range"] = f"± {stdev(values):.3g}"
    return entry


def _text(entries: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(entries), indent=1, allow_nan=False) + "\n"
