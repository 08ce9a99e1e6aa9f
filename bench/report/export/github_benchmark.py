"""The new study's figures for github-action-benchmark, in its two kinds of file.

`customSmallerIsBetter`: step times and memory. `customBiggerIsBetter`: test accuracies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from statistics import geometric_mean, mean, stdev
from typing import Any

from bench.compare.units import values
from bench.core.metric import Followed, Metric
from bench.core.metrics import compared_metrics
from bench.report.export.compared import Compared
from bench.storage.history import Line


def smaller(compared: Compared) -> str:
    """Write milliseconds a step, ratios to the baseline's step, megabytes."""
    entries: list[dict[str, Any]] = []
    for line in compared.lines:
        count = len(line.processes)
        where = f"{line.data}, {line.device} ({line.machine}), {count} processes"
        for metric, shown in compared_metrics():
            if metric.of is not None:
                continue
            level = shown.level
            if level is not None:
                times = list(values(line, level.field).values())
                entries += _entry(line, metric, level.followed, mean, times, where)
            if shown.followed is not None and not (level and line.reference is None):
                ratios = list(values(line, shown.field).values())
                average = geometric_mean if level else mean
                entries += _entry(line, metric, shown.followed, average, ratios, where)
    return _text(entries)


def bigger(compared: Compared) -> str:
    """Write test accuracies in percent, except those on stand-in data."""
    entries: list[dict[str, Any]] = []
    for line in (line for line in compared.lines if not line.synthetic):
        for metric, shown in compared_metrics():
            if shown.followed is not None and metric.more_is_better:
                scores = [metric.scale * value for value in values(line, shown.field).values()]
                where = f"{line.data}, {len(scores)} seeds"
                entries += _entry(line, metric, shown.followed, mean, scores, where)
    return _text(entries)


def _entry(
    line: Line,
    metric: Metric,
    followed: Followed,
    average: Callable[[Sequence[float]], float],
    measured: Sequence[float],
    extra: str,
) -> list[dict[str, Any]]:
    """Make one entry; None if nothing was measured."""
    if not measured:
        return []
    unit = followed.short_unit
    name = f"{line.task} {line.arm}: {metric.title} ({unit})"
    entry = {"name": name, "unit": unit, "value": round(average(measured), 6), "extra": extra}
    if len(measured) > 1:
        entry["range"] = f"± {stdev(measured):.3g}"
    return [entry]


def _text(entries: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(entries), indent=1, allow_nan=False) + "\n"
