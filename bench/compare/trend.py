"""The history as series over time: a point per study, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.compare.matching import software_changes
from bench.core.metric import compared_metrics
from bench.storage.history import Line, latest

COLUMNS = columns("task data synthetic metric arm study place value low high")
Studies = Mapping[str, Sequence[Line]]


def studies(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Study -> its lines as they were said last, the oldest study first."""
    found: dict[str, list[Line]] = {}
    for line in sorted(latest(lines).values(), key=lambda line: line.created):
        found.setdefault(line.study, []).append(line)
    return found


def software_notes(found: Studies) -> dict[str, str]:
    """Study -> what of its environment differs from the study's before it; empty for the first."""
    notes, before = dict[str, str](), list[Line]()
    for study, lines in found.items():
        changed = software_changes(before, lines) if before else []
        machines = [{line.machine for line in side if line.machine} for side in (before, lines)]
        if before and all(machines) and machines[0] != machines[1]:
            changed.append("another machine")
        notes[study] = ", ".join(changed)
        before = list(lines)
    return notes


def trend(found: Studies) -> pd.DataFrame:
    """A row per task, data, metric, arm and study that measured it.

    `value` is a mean with the ends of its standard error: test accuracy in percent, the ratio to
    the baseline's step (the baseline: milliseconds, as metric `baseline_step`), peak memory in MB.
    `place` is the study's number in the history.
    """
    rows = []
    for place, (study, lines) in enumerate(found.items()):
        for line in lines:
            for metric, values in _series(line).items():
                if values:
                    mean = float(np.mean(values))
                    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0.0
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
        if followed is None:
            continue
        if metric.of is None:
            values = [getattr(process, field) for process in line.processes]
        else:
            values = [seed.value(field) for seed in line.seeds]
        series[followed.name] = [metric.scale * v for v in values if v is not None]
    return series
