"""The history as series over time: a point per study, and the changes between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.compare.matching import software_changes
from bench.compare.units import values
from bench.core.metrics import compared_metrics
from bench.storage.history import Line, latest

COLUMNS = columns("task data synthetic metric arm study place value low high")
Studies = Mapping[str, Sequence[Line]]
"""Study -> its lines."""


def studies(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Group lines by study, the oldest study first; of an arm's lines the last one counts."""
    grouped: dict[str, list[Line]] = {}
    for line in sorted(latest(lines).values(), key=lambda line: line.created):
        grouped.setdefault(line.study, []).append(line)
    return grouped


def software_notes(history: Studies) -> dict[str, str]:
    """Name the changes of each study's environment from the study before; nothing for the first."""
    notes, before = dict[str, str](), list[Line]()
    for study, lines in history.items():
        changed = software_changes(before, lines) if before else []
        machines = [{line.machine for line in side if line.machine} for side in (before, lines)]
        if before and all(machines) and machines[0] != machines[1]:
            changed.append("another machine")
        notes[study] = ", ".join(changed)
        before = list(lines)
    return notes


def trend(history: Studies) -> pd.DataFrame:
    """Make a row per task, data, metric, arm and study that measured it.

    Returns:
        `COLUMNS`. `value` is a mean with the ends of its standard error: test accuracy in percent,
        the ratio to the baseline's step (the baseline: milliseconds, as metric `baseline_step`),
        peak memory in MB. `place` is the study's number in the history.
    """
    rows = []
    for place, (study, lines) in enumerate(history.items()):
        for line in lines:
            for metric, series in _series(line).items():
                if series:
                    mean = float(np.mean(series))
                    error = np.std(series, ddof=1) / len(series) ** 0.5 if len(series) > 1 else 0.0
                    head = (line.task, line.data, line.synthetic, metric, line.arm, study, place)
                    rows.append((*head, mean, mean - float(error), mean + float(error)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _series(line: Line) -> dict[str, list[float]]:
    """Return the followed values of a line by series; a baseline's ratio is its level instead."""
    series = {}
    for metric, compared in compared_metrics():
        followed, field = compared.followed, compared.field
        if compared.level is not None and line.reference is None:
            followed, field = compared.level.followed, compared.level.field
        if followed is not None:
            series[followed.name] = [metric.scale * v for v in values(line, field).values()]
    return series
