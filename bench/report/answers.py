"""The first words of the page: for each task what to use, what it costs, how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.verdict import UNFINISHED
from bench.report.rows import Row

SHOWN = 4
"""Most arms with a line of their own."""
NAMED = 6
"""Most arms named in one line."""


@dataclass(frozen=True)
class Answer:
    """The short answer for one task."""

    task: str
    lead: str
    """The sentence in large type."""
    points: tuple[str, ...]
    caution: str


def answer(task: str, rows: Sequence[Row], synthetic: bool, warning: str, step: str) -> Answer:
    """Sum up the rows of a task, in words no stronger than their verdicts.

    Args:
        step: Name of step times: `CPU step time`.
        warning: The baseline's warning (it underfits), or nothing.
    """
    measured = [row for row in rows if row.task == task and math.isfinite(row.effect)]
    measured.sort(key=lambda row: -row.effect)
    lead = _unjudged(measured, synthetic)
    if lead:
        points = [f"{row.arm}: {describe(row, step)}" for row in measured[:SHOWN]]
    else:
        lead, points = _judged(measured, step)
    return Answer(task, lead, tuple(points), warning)


def _unjudged(rows: Sequence[Row], synthetic: bool) -> str:
    """Say why there is no verdict yet; nothing where there is one."""
    evidence = {row.evidence for row in rows}
    if not rows:
        return "Nothing to compare yet"
    if synthetic:
        return "Stand-in data: no answer"
    if evidence == {"smoke"}:
        return "Smoke run: too few seeds for an answer"
    if "confirmatory" not in evidence:
        return "Exploratory: effects, no verdicts"
    verdicts = {row.verdict for row in rows}
    if UNFINISHED in verdicts and "helps" not in verdicts:
        return "Unfinished: verdicts wait for all seeds"
    return ""


def _judged(rows: Sequence[Row], step: str) -> tuple[str, list[str]]:
    """Write the lead and the points of rows with verdicts."""
    helps = [row for row in rows if row.verdict == "helps"]
    points = [f"{row.arm}: {describe(row, step)}" for row in helps[:SHOWN]]
    if len(helps) > SHOWN:
        points.append(f"{len(helps) - SHOWN} more help: see the table")
    for words, verdicts in (
        ("hurts", ("hurts",)),
        ("no practical difference", ("equivalent", "negligible")),
        ("not decided", ("inconclusive",)),
        ("unfinished, no verdict yet", (UNFINISHED,)),
    ):
        arms = [row.arm for row in rows if row.verdict in verdicts]
        if arms:
            points.append(f"{words}: {_names(arms)}")
    return f"Use {helps[0].arm}" if helps else "No technique is shown to help", points


def describe(row: Row, step: str) -> str:
    """Write `+4.2 points [3.5, 4.8], 1.19× CPU step time`."""
    effect, cost = row.cells["effect"], row.cells["step"]
    parts = [f"{effect.text} points {effect.detail}".strip()] if effect.text else []
    if cost.text:
        parts.append(f"{cost.text} {step}")
    return ", ".join(parts)


def _names(arms: Sequence[str]) -> str:
    more = f" and {len(arms) - NAMED} more" if len(arms) > NAMED else ""
    return ", ".join(arms[:NAMED]) + more
