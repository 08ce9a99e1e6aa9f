"""Occasions: sides that are measured in turn, and the spread between sides that are not.

All processes of one occasion share the state of the machine: its temperature, its neighbors. They are
not replicates of occasions. A step time that changes for all arms can be told from the occasion in two
ways only: the sides took turns, or the history shows how far occasions of the same code are apart.
Memory does not depend on the occasion: 22 studies of one afternoon have a standard deviation of 0.1% in
memory, and of 5% in step time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.sparse.csgraph import connected_components

from bench.compare.matching import different, different_hardware
from bench.compare.metrics import Metric
from bench.compare.units import values
from bench.stats import changes
from bench.storage.history import Line, latest

LEAST_OCCASIONS = 3
"""Fewest occasions from which a spread is estimated."""
INSEPARABLE = "not separable from the occasion: no sign that the sides were measured in turn"


class Spread(NamedTuple):
    """Spread of the level that all arms share, between occasions of the same code."""

    sd: float
    """Standard deviation of an occasion, on the scale of `Metric.harm`."""
    df: int
    occasions: int
    """Number of occasions that the degrees of freedom come from."""


def in_turn(base: Collection[Line], new: Collection[Line]) -> bool:
    """Tell from the start times of their processes whether two sides were measured in turn.

    The first two processes are one of each side, the next two as well, and so on. A drift of the
    machine then hits both sides alike. Lines without start times (of older versions) never count
    as measured in turn.
    """
    if {line.study for line in base} == {line.study for line in new}:
        return True
    starts = [_starts(side) for side in (base, new)]
    order = [side for _, side in sorted((t, side) for side in (0, 1) for t in starts[side])]
    couples = [set(order[at : at + 2]) for at in range(0, len(order) - 1, 2)]
    return all(starts) and all(len(couple) == 2 for couple in couples)


def _starts(side: Iterable[Line]) -> list[str]:
    """Return the start time of each process of a side; nothing if one is unknown."""
    starts: dict[int, str] = {}
    for process in (process for line in side for process in line.processes):
        if not process.started:
            return []
        earliest = starts.setdefault(process.process, process.started)
        starts[process.process] = min(earliest, process.started)
    return list(starts.values())


def spread(metric: Metric, base: Mapping[str, Line], history: Iterable[Line]) -> Spread | None:
    """Estimate how far occasions are apart, from the studies of a history; None if they are few.

    An occasion is a study that timed the same arms with the same data, recipe and settings on the
    same machine, or several such studies whose processes took turns. Lines without start times (of
    older versions) hide that they took turns: each study then counts as an occasion, and the spread
    may come out too small. Occasions are compared within one software, or by way of an occasion that
    measured two.

    Args:
        base: arm -> line of the base study, the baseline first.
        history: lines of other studies.
    """
    level = metric.compared.level
    field = level.field if level else metric.compared.field
    studies: dict[str, dict[str, Line]] = {}
    for line in latest([*history, *base.values()]).values():
        if _same_code(base.get(line.arm), line) and values(line, field):
            studies.setdefault(line.study, {})[line.arm] = line
    complete = {study: lines for study, lines in studies.items() if lines.keys() == base.keys()}
    if not complete:
        return None
    software = [
        repr([sorted(lines[arm].software.items()) for arm in base]) for lines in complete.values()
    ]
    levels = [
        [float(np.mean(np.log(list(values(lines[arm], field).values())))) for arm in base]
        for lines in complete.values()
    ]
    groups = _effects(np.array(levels), software, _occasions(complete))
    shared = [_shared(effects.T) for effects in groups if len(effects) > 1]
    occasions = sum(map(len, shared))
    df = occasions - len(shared)
    if df < LEAST_OCCASIONS - 1:
        return None
    squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in shared)
    sd = max(float(np.sqrt(squares / df)), metric.harm(metric.compared.floor))
    return Spread(sd, df, occasions)


def _occasions(studies: Mapping[str, Mapping[str, Line]]) -> list[int]:
    """Number the occasion of each study: studies whose processes' start times interleave share one."""
    starts = {study: _starts(lines.values()) for study, lines in studies.items()}
    numbers: dict[str, int] = {}
    number, end = -1, ""
    for study in sorted(starts, key=lambda study: min(starts[study], default="")):
        known = starts[study]
        if not known or min(known) > end:
            number += 1
        end = max([end, *known])
        numbers[study] = number
    return [numbers[study] for study in studies]


def _effects(
    levels: changes.Array, software: Sequence[str], occasions: Sequence[int]
) -> list[changes.Array]:
    """Split levels into an effect of the software and one of the occasion, by least squares.

    Two softwares that were measured in turn on three occasions are three occasions, not twice three.

    Args:
        levels: shape (studies, arms).

    Returns:
        (occasions, arms) for each group of occasions that a software, or a chain of them, links.
        Only differences within a group have a meaning.
    """
    by_software, by_occasion = _indicators(software), _indicators(occasions)
    design = np.hstack([by_occasion, by_software])
    effects = np.linalg.lstsq(design, levels, rcond=None)[0][: by_occasion.shape[1]]
    shared_software = by_occasion.T @ by_software @ by_software.T @ by_occasion
    linked = connected_components(shared_software, directed=False)[1]
    return [effects[linked == group] for group in np.unique(linked)]


def _indicators(labels: Sequence[str] | Sequence[int]) -> changes.Array:
    """Return 1 where a row has the column's label, else 0; shape (rows, labels), labels sorted."""
    names, places = np.unique(labels, return_inverse=True)
    return np.eye(len(names))[places]


def _same_code(base: Line | None, line: Line) -> bool:
    if base is None or base.task != line.task:
        return False
    return not (different(base, line) or different_hardware(base, line))


def _shared(levels: changes.Array) -> changes.Array:
    """Return the common part of the arms' levels, (occasions,), from (arms, occasions)."""
    return changes.common(levels - levels.mean(axis=1, keepdims=True))


def over_occasions(
    change: changes.Change, occasions: Spread | None, null: float = 0.0
) -> changes.Change:
    """Judge a shared change against the spread of occasions as well as against that of processes.

    Both p values and both intervals must agree: the larger p and the hull of the intervals count.
    Without a spread there is neither.

    Args:
        change: of one metric, from sides that were not measured in turn.
        null: the change to test against.
    """
    if occasions is None:
        none = np.array(np.nan)
        return change._replace(low=none, high=none, p_worse=none, p_better=none)
    error = occasions.sd * np.sqrt(2)
    half = stats.t.isf(changes.SAME_ALPHA, occasions.df) * error
    t = (change.estimate - null) / error
    return change._replace(
        low=np.minimum(change.low, change.estimate - half),
        high=np.maximum(change.high, change.estimate + half),
        p_worse=np.maximum(change.p_worse, stats.t.sf(t, occasions.df)),
        p_better=np.maximum(change.p_better, stats.t.cdf(t, occasions.df)),
    )
