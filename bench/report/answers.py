"""The answers at the top of the page: for each task what to use, its cost, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bench.analysis.analysis import Analysis
from bench.analysis.verdict import FIX_BASELINE, UNFINISHED, VERDICTS
from bench.core.study import Study
from bench.report.around import CARRIES, groups, left_out
from bench.report.headings import baseline_row, gap_text, main_baseline
from bench.report.rows import Row, step_time_name
from bench.report.texts import joined
from bench.report.verdicts import KINDS

SHOWN = 4
"""Largest number of arms with a line of their own."""
NAMED = 6
"""Largest number of arms that one line names."""
KINDS_IN_WORDS = {"worse": "worse", "same": "within the margin", "open": "open"}
"""Kind of a verdict -> the words before the names of its arms."""
BASE_IN_WORDS = {
    "worse": "the base stands on",
    "same": "within the margin without",
    "open": "open whether these carry anything",
}
"""The same words before strategies that arms leave out of the base."""
IN_LEAD = 3
"""Largest number of arms that the lead names."""


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
    less: Mapping[str, str] | None = None,
) -> Answer:
    """Summarize the rows of a task, in words no stronger than their verdicts.

    Args:
        best: Arms that no other arm is shown to beat.
        step: Name of step times: `CPU step time`.
        warning: The baseline's warning (it underfits); empty if there is none.
        less: Arm that only lacks a strategy of the base -> that strategy.
    """
    less = less or {}
    measured = measured_rows(rows, task)
    lead = _unjudged(measured, synthetic)
    if lead:
        points = [f"{row.arm}: {describe(row, step)}" for row in measured[:SHOWN]]
    else:
        lead, points = _lead(measured, best, less), _points(measured, step, less)
    return Answer(task, lead, tuple(points), warning)


def study_answer(study: Study, analysis: Analysis, rows: Sequence[Row], task: str) -> Answer:
    """Summarize one task of an analysed study."""
    baseline = baseline_row(study, analysis.baselines, task)
    warning = "" if baseline is None else str(baseline["warning"])
    caution = ""
    if baseline is not None and warning:
        caution = f"{warning[0].upper()}{warning[1:]} ({gap_text(baseline)})."
    reference = study.declared_reference(task) or main_baseline(study, task)
    rivals = analysis.candidates
    rivals = rivals[(rivals["task"] == task) & (rivals["reference"] == reference)]
    best = set(rivals.loc[rivals["candidate"].astype(bool), "arm"]) - {reference}
    step = step_time_name(analysis.place["device"])
    less = {
        arm: "+".join(left_out(study, task, arm))
        for arm, group in groups(study, task).items()
        if group == CARRIES
    }
    return answer(task, rows, best, study.synthetic, caution, step, less)


def measured_rows(rows: Sequence[Row], task: str) -> list[Row]:
    """Return the rows of a task that have an effect, the largest gain first."""
    measured = [row for row in rows if row.task == task and math.isfinite(row.effect)]
    return sorted(measured, key=lambda row: -row.gain)


def _unjudged(rows: Sequence[Row], synthetic: bool) -> str:
    """Return the reason why there is no verdict yet; empty if there is one."""
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
    if UNFINISHED in verdicts and not of_kind(rows, "better"):
        return "Unfinished: verdicts wait for all seeds"
    return ""


def of_kind(rows: Sequence[Row], kind: str) -> list[Row]:
    """Return the rows whose verdict is of a kind of `bench.report.verdicts.KINDS`."""
    return [row for row in rows if KINDS.get(row.verdict) == kind]


def _lead(rows: Sequence[Row], best: Collection[str], less: Mapping[str, str]) -> str:
    """Name the arm that alone may be the best, or else all arms that may be."""
    if not of_kind(rows, "better"):
        if small := [row.arm for row in rows if row.small_gain]:
            return f"{few_names(small)}: better, by less than the margin"
        return "No technique is shown to be better"
    judged = [row for row in rows if row.verdict in VERDICTS]
    candidates = [row for row in judged if row.arm in best] or of_kind(rows, "better")
    waits = "; others are unfinished" if any(row.verdict == UNFINISHED for row in rows) else ""
    names = [row.arm for row in candidates]
    if len(names) == 1:
        use = f"Leave out {less[names[0]]}" if names[0] in less else f"Use {names[0]}"
        return use + waits
    first_names, others = names[:IN_LEAD], len(names) - IN_LEAD
    listed = f"{', '.join(first_names[:-1])} or {first_names[-1]}"
    if others > 0:
        listed = f"{', '.join(first_names)} or {others} more"
    steps = {row.arm: row.cells["step"].key for row in candidates}
    times = {arm: time for arm, time in steps.items() if isinstance(time, float)}
    cheaper = min(times, key=lambda arm: times[arm]) if len(times) == len(names) else ""
    cheapest = f"; the cheapest step is {cheaper}" if cheaper else ""
    return f"{listed}: not separable{cheapest}{waits}"


def _points(rows: Sequence[Row], step: str, less: Mapping[str, str]) -> list[str]:
    """Write a line for each arm that is better, and one for each other kind of verdict."""
    better = of_kind(rows, "better") + [row for row in rows if row.small_gain]
    points = [f"{row.arm}: {describe(row, step)}, {row.verdict}" for row in better[:SHOWN]]
    if len(better) > SHOWN:
        points.append(f"{len(better) - SHOWN} more are better: see the table")
    for kind, words in BASE_IN_WORDS.items():
        if names := [less[row.arm] for row in of_kind(rows, kind) if row.arm in less]:
            points.append(f"{words}: {few_names(names)}")
    for kind, words in KINDS_IN_WORDS.items():
        listed = (row for row in of_kind(rows, kind) if not row.small_gain)
        if names := [row.arm for row in listed if row.arm not in less]:
            points.append(f"{words}: {few_names(names)}")
    unfinished = [row.arm for row in rows if row.verdict == UNFINISHED]
    if unfinished:
        points.append(f"unfinished, no verdict yet: {few_names(unfinished)}")
    return points


def describe(row: Row, step: str) -> str:
    """Write `+4.2 points [3.5, 4.8], 1.19× CPU step time`."""
    effect, cost = row.cells["effect"], row.cells["step"]
    texts = [joined(effect.text, row.judged.unit, effect.detail)] if effect.text else []
    if cost.text:
        texts.append(f"{cost.text} {step}")
    return ", ".join(texts)


def few_names(arms: Sequence[str]) -> str:
    """List the first names, and count the others."""
    others = f" and {len(arms) - NAMED} more" if len(arms) > NAMED else ""
    return ", ".join(arms[:NAMED]) + others
