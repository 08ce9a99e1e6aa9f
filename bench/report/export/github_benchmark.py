"""The new study's figures for github-action-benchmark, whose two kinds of file these are.

`customSmallerIsBetter`: step times and memory. `customBiggerIsBetter`: test accuracies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from statistics import geometric_mean, mean, stdev
from typing import Any

from bench.core.metric import Followed, Metric, compared_metrics
from bench.report.export.compared import Compared
from bench.storage.history import Line


def smaller(compared: Compared) -> str:
    """Return milliseconds a step, ratios to the baseline's step, megabytes."""
    entries: list[dict[str, Any]] = []
    for line in compared.lines:
        done = line.processes
        where = f"{line.data}, {line.device} ({line.machine}), {len(done)} processes"
        for metric, shown in compared_metrics():
            if metric.of is not None:
                continue
            if shown.level is not None:
                times = _known(getattr(process, shown.level.field) for process in done)
                entries += _entry(line, metric, shown.level.followed, mean, times, where)
            if shown.followed is not None and not (shown.level and line.reference is None):
                values = _known(getattr(process, shown.field) for process in done)
                average = geometric_mean if shown.level else mean
                entries += _entry(line, metric, shown.followed, average, values, where)
    return _text(entries)


def bigger(compared: Compared) -> str:
    """Return test accuracies in percent; none of synthetic stand-in data."""
    entries: list[dict[str, Any]] = []
    for line in compared.lines:
        for metric, shown in compared_metrics():
            if shown.followed is None or not metric.more_is_better or line.synthetic:
                continue
            scores = [metric.scale * v for v in _known(s.value(shown.field) for s in line.seeds)]
            where = f"{line.data}, {len(scores)} seeds"
            entries += _entry(line, metric, shown.followed, mean, scores, where)
    return _text(entries)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _entry(
    line: Line,
    metric: Metric,
    followed: Followed,
    average: Callable[[Sequence[float]], float],
    values: Sequence[float],
    extra: str,
) -> list[dict[str, Any]]:
    """Return one entry; none where there are no values."""
    if not values:
        return []
    unit = followed.short_unit
    name = f"{line.task} {line.arm}: {metric.title} ({unit})"
    entry = {"name": name, "unit": unit, "value": round(average(values), 6), "extra": extra}
    if len(values) > 1:
        entry["range"] = f"± {stdev(values):.3g}"
    return [entry]


def _text(entries: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(entries), indent=1, allow_nan=False) + "\n"
