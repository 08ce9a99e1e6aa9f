"""The page's first words: per task, what to use, what it costs, how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.verdict import UNFINISHED
from bench.report.rows import Row

SHOWN = 4


@dataclass(frozen=True)
class Answer:
    """One task's short answer."""

    task: str
    lead: str
    """The sentence in large type."""
    points: tuple[str, ...]
    caution: str


def answer(task: str, rows: Sequence[Row], synthetic: bool, warning: str, step: str) -> Answer:
    """What the rows of a task say, in words no stronger than their verdicts.

    Args:
        step: What step times are called: `CPU step time`.
        warning: Of the baseline (it underfits), or nothing.
    """
    own = [row for row in rows if row.task == task and math.isfinite(row.effect)]
    own.sort(key=lambda row: -row.effect)
    verdicts = {word: [r for r in own if r.verdict == word] for word in ("helps", "hurts")}
    helps, hurts = verdicts["helps"], verdicts["hurts"]
    if not own:
        return Answer(task, "Nothing to compare yet", (), warning)
    evidence = {row.evidence for row in own}
    if synthetic:
        return _unjudged(task, own, "Stand-in data: no answer", warning, step)
    if evidence == {"smoke"}:
        return _unjudged(task, own, "Smoke run: too few seeds for an answer", warning, step)
    if "confirmatory" not in evidence:
        return _unjudged(task, own, "Exploratory: effects, no verdicts", warning, step)
    waiting = [row for row in own if row.verdict == UNFINISHED]
    if waiting and not helps:
        return _unjudged(task, own, "Unfinished: verdicts wait for all seeds", warning, step)
    lead = f"Use {helps[0].arm}" if helps else "No technique is shown to help"
    points = [f"{row.arm}: {describe(row, step)}" for row in helps[:SHOWN]]
    if len(helps) > SHOWN:
        points.append(f"{len(helps) - SHOWN} more help: see the table")
    if hurts:
        points.append(f"hurts: {_names(hurts)}")
    same = [row for row in own if row.verdict in ("equivalent", "negligible")]
    if same:
        points.append(f"no practical difference: {_names(same)}")
    unsure = [row for row in own if row.verdict == "inconclusive"]
    if unsure:
        points.append(f"not decided: {_names(unsure)}")
    if waiting:
        points.append(f"unfinished, no verdict yet: {_names(waiting)}")
    return Answer(task, lead, tuple(points), warning)


def _unjudged(task: str, own: Sequence[Row], lead: str, warning: str, step: str) -> Answer:
    points = tuple(f"{row.arm}: {describe(row, step)}" for row in own[:SHOWN])
    return Answer(task, lead, points, warning)


def describe(row: Row, step: str) -> str:
    """`+4.2 points [3.5, 4.8], 1.19× CPU step time`."""
    effect = row.cells["effect"]
    parts = [f"{effect.text} points {effect.detail}".strip()] if effect.text else []
    if row.cells["step"].text:
        parts.append(f"{row.cells['step'].text} {step}")
    return ", ".join(parts)


def _names(rows: Sequence[Row]) -> str:
    names = [row.arm for row in rows[:6]]
    more = f" and {len(rows) - 6} more" if len(rows) > 6 else ""
    return ", ".join(names) + more
