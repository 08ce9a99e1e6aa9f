"""The first words of the page: for each task what to use, what it costs, how sure that is."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bench.analysis.verdict import FIX_BASELINE, UNFINISHED
from bench.report.rows import Row
from bench.report.verdicts import KINDS

SHOWN = 4
"""Most arms with a line of their own."""
NAMED = 6
"""Most arms named in one line."""
IN_LEAD = 3
"""Most arms named in the lead."""


@dataclass(frozen=True)
class Answer:
    """The short answer for one task."""

    task: str
    lead: str
    """The sentence in large type."""
    points: tuple[str, ...]
    caution: str


def answer(
    task: str,
    rows: Sequence[Row],
    best: Collection[str],
    synthetic: bool,
    warning: str,
    step: str,
) -> Answer:
    """Sum up the rows of a task, in words no stronger than their verdicts.

    Args:
        best: Arms that no other is shown to beat.
        step: Name of step times: `CPU step time`.
        warning: The baseline's warning (it underfits), or nothing.
    """
    measured = [row for row in rows if row.task == task and math.isfinite(row.effect)]
    measured.sort(key=lambda row: -row.effect)
    lead = _unjudged(measured, synthetic)
    if lead:
        points = [f"{row.arm}: {describe(row, step)}" for row in measured[:SHOWN]]
    else:
        lead, points = _lead(measured, best), _points(measured, step)
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
    if FIX_BASELINE in verdicts:
        return "Fix the baseline first: it diverged"
    if UNFINISHED in verdicts and not _of_kind(rows, "better"):
        return "Unfinished: verdicts wait for all seeds"
    return ""


def _of_kind(rows: Sequence[Row], kind: str) -> list[Row]:
    return [row for row in rows if KINDS.get(row.verdict) == kind]


def _lead(rows: Sequence[Row], best: Collection[str]) -> str:
    """Name one arm only where it alone may be the best, else all that may be."""
    if not _of_kind(rows, "better"):
        return "No technique is shown to be better"
    candidates = [row for row in rows if row.arm in best] or _of_kind(rows, "better")
    names = [row.arm for row in candidates]
    if len(names) == 1:
        return f"Use {names[0]}"
    named, more = names[:IN_LEAD], len(names) - IN_LEAD
    listed = f"{', '.join(named[:-1])} or {named[-1]}"
    if more > 0:
        listed = f"{', '.join(named)} or {more} more"
    steps = {row.arm: row.cells["step"].key for row in candidates}
    times = {arm: time for arm, time in steps.items() if isinstance(time, float)}
    cheaper = min(times, key=lambda arm: times[arm]) if len(times) == len(names) else ""
    return f"{listed}: not separable" + (f"; the cheapest step is {cheaper}" if cheaper else "")


def _points(rows: Sequence[Row], step: str) -> list[str]:
    """Write a line for each arm that is better, and one for each other kind of verdict."""
    better = _of_kind(rows, "better")
    points = [f"{row.arm}: {describe(row, step)}, {row.verdict}" for row in better[:SHOWN]]
    if len(better) > SHOWN:
        points.append(f"{len(better) - SHOWN} more are better: see the table")
    for words, kind in (("worse", "worse"), ("within the margin", "same"), ("open", "open")):
        arms = [row.arm for row in _of_kind(rows, kind)]
        if arms:
            points.append(f"{words}: {_names(arms)}")
    unfinished = [row.arm for row in rows if row.verdict == UNFINISHED]
    if unfinished:
        points.append(f"unfinished, no verdict yet: {_names(unfinished)}")
    return points


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
