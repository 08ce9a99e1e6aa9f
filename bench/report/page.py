"""`report.html`: one self-contained file, from a template that escapes all it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bench.analysis.analysis import Analysis
from bench.core.study import Study
from bench.report.answers import Answer, answer
from bench.report.card import Card
from bench.report.environments import Place
from bench.report.headings import gap_text, headings, main_baseline, tasks
from bench.report.inline import inline
from bench.report.plots.style import Plot
from bench.report.rows import Row, columns, css, decision_rows, is_tuned, step_time_name
from bench.report.sections import sections, shared_limit
from bench.report.spark import interval


@dataclass(frozen=True)
class Failed:
    """A trial without a record, and why."""

    task: str
    arm: str
    seed: int
    reason: str


@dataclass(frozen=True)
class Extra:
    """What the page tells beyond the analysis."""

    cards: Mapping[str, Card]
    failed: Sequence[Failed] = ()
    problems: Sequence[str] = ()
    """Damaged records set aside, plots that could not be drawn: a line each."""
    places: Sequence[Place] = ()
    """Where it was measured."""


def page(
    study: Study,
    analysis: Analysis,
    points: pd.DataFrame,
    bands: pd.DataFrame,
    plots: Mapping[str, Sequence[Plot]],
    extra: Extra,
) -> str:
    """The page's HTML.

    Args:
        points: A row per arm and seed: task, arm, seed, difference (points of test accuracy).
        bands: What `curve_bands` gives.
        plots: Task to its plots.
    """
    rows = decision_rows(study, analysis.decision, extra.cards)
    limit = {task: shared_limit(points[points["task"] == task]) for task in tasks(study)}
    shown = [row for row in rows if row.evidence != "not applicable"]
    devices = sorted(set(analysis.place["device"]))
    template = _environment().get_template("report.html")
    return template.render(
        study=study,
        headings=headings(study, analysis.baselines),
        answers=_answers(study, analysis, rows),
        columns=columns(devices, is_tuned(analysis.decision)),
        step_time=step_time_name(devices),
        rows=[(row, css(row.verdict), Markup(_bar(study, row, limit))) for row in shown],
        tasks=tasks(study),
        families=sorted({family for row in shown for family in row.families}),
        evidence=sorted({row.evidence for row in shown}),
        plots=[
            (task, [(plot.title, _svg(plot)) for plot in drawn]) for task, drawn in plots.items()
        ],
        sections=sections(study, shown, points, bands, limit, extra.cards, step_time_name(devices)),
        not_applicable=study.not_applicable,
        failed=extra.failed,
        problems=extra.problems,
        rejected=_rejected(analysis),
        fairness=_fairness(analysis),
        notes=_notes(rows),
        recipes=_recipes(study),
        places=[(place.caption, flat(place.environment)) for place in extra.places],
        settings=flat(study.settings),
        devices=devices,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    return environment


def breakable(name: str) -> Markup:
    """An arm's name, escaped, that a line may break before its settings and between its parts."""
    return Markup(re.sub(r"(?=\[)|(?<=[+,])", "<wbr>", str(escape(name))))


def _svg(plot: Plot) -> Markup:
    return Markup(inline(plot.svg, plot.name, plot.alt))


def _bar(study: Study, row: Row, limit: Mapping[str, float]) -> str:
    margin = study.margin.get(row.task, 0.0)
    return interval(row.effect, row.low, row.high, margin, limit[row.task], css(row.verdict))


def _answers(study: Study, analysis: Analysis, rows: Sequence[Row]) -> list[Answer]:
    step = step_time_name(analysis.place["device"])
    found = []
    for task in tasks(study):
        own = analysis.baselines[analysis.baselines["task"] == task]
        own = own[own["arm"] == main_baseline(study, task)]
        warning = "" if own.empty else str(own.iloc[0]["warning"])
        gap = "" if own.empty else f" ({gap_text(own.iloc[0])})"
        caution = f"{warning[0].upper()}{warning[1:]}{gap}." if warning else ""
        found.append(answer(task, rows, study.synthetic, caution, step))
    return found


def _rejected(analysis: Analysis) -> list[dict[str, Any]]:
    grouped = analysis.rejected.groupby(["task", "arm", "reference", "difference"], sort=False)
    return [
        {"task": task, "arm": arm, "reference": reference, "difference": why, "seeds": len(part)}
        for (task, arm, reference, why), part in grouped
    ]


def _fairness(analysis: Analysis) -> dict[str, int]:
    frame = analysis.fairness
    return {"arms": len(frame), "compared": int(frame["compared"].sum())}


def _notes(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.warning and row.evidence != "not applicable"]


def _recipes(study: Study) -> dict[str, list[tuple[str, str]]]:
    found = {}
    for task in tasks(study):
        arm = study.arm(task, main_baseline(study, task))
        found[task] = flat(arm.recipe)
    return found


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as (dotted name, text) pairs, in order."""
    pairs: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            pairs += flat(value, f"{prefix}{key}.")
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            pairs.append((f"{prefix}{key}", shown))
    return pairs
