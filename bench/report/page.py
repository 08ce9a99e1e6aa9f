"""`report.html`: one self-contained file, from a template that escapes all values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bench.analysis.analysis import Analysis
from bench.analysis.front import NAMED_ABOVE
from bench.core.study import Study
from bench.report.advice import Story
from bench.report.answers import study_answer
from bench.report.card import Card
from bench.report.environments import Place
from bench.report.headings import headings, is_warning, main_baseline, tasks
from bench.report.inline import inline
from bench.report.plots.canvas import Plot
from bench.report.rows import Row, columns, decision_rows, step_time_name
from bench.report.sections import Drawn, sections, shared_limit
from bench.report.spark import interval
from bench.report.verdicts import css


@dataclass(frozen=True)
class Failed:
    """A trial without a record, and the reason."""

    task: str
    arm: str
    seed: int
    reason: str


@dataclass(frozen=True)
class Extra:
    """Facts on the page beside the analysis."""

    cards: Mapping[str, Card]
    failed: Sequence[Failed] = ()
    problems: Sequence[str] = ()
    """A line for each damaged record and each plot that could not be drawn."""
    places: Sequence[Place] = ()
    """Environments that measured the study."""
    story: Story | None = None
    """Rounds in which `bench advise` chose the arms."""


def page(
    study: Study,
    analysis: Analysis,
    points: pd.DataFrame,
    bands: pd.DataFrame,
    plots: Mapping[str, Sequence[Plot]],
    extra: Extra,
) -> str:
    """Write the page's HTML.

    Args:
        points: A row per arm and seed: task, arm, seed, difference (of the judged metric).
        bands: Result of `curve_bands`.
        plots: Task to its plots.
    """
    rows = decision_rows(study, analysis.decision, extra.cards)
    shown = [row for row in rows if row.evidence != "not applicable"]
    devices = sorted(set(analysis.place["device"]))
    step_time = step_time_name(devices)
    limits = {
        task: shared_limit(points[points["task"] == task], study.metric.margin_of())
        for task in tasks(study)
    }
    drawn = Drawn(points, bands, limits)
    return _environment().get_template("report.html").render(
        study=study,
        headings=headings(study, analysis.baselines),
        answers=[study_answer(study, analysis, rows, task) for task in tasks(study)],
        judged=study.metric,
        columns=columns(study.metric, devices, analysis.decision),
        step_time=step_time,
        named_above=NAMED_ABOVE,
        rows=[(row, css(row.verdict), Markup(_bar(study, row, limits))) for row in shown],
        tasks=tasks(study),
        families=sorted({family for row in shown for family in row.families}),
        evidence=sorted({row.evidence for row in shown}),
        plots=plots,
        sections=sections(study, shown, drawn, extra.cards, step_time),
        rejected=_rejected(analysis),
        fairness=analysis.fairness,
        notes=[row for row in shown if row.warning],
        recipes={task: flat(_baseline_recipe(study, task)) for task in tasks(study)},
        places=[(place.caption, flat(place.environment)) for place in extra.places],
        settings=flat(study.settings),
        devices=devices,
        extra=extra,
    )  # fmt: skip


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"breakable": breakable, "inline": _inline}
    environment.tests["warning"] = is_warning
    return environment


def breakable(name: str) -> Markup:
    """Escape an arm's name, and let lines break before its settings and between its parts."""
    return Markup(re.sub(r"(?=\[)|(?<=[+,])", "<wbr>", str(escape(name))))


def _inline(plot: Plot) -> Markup:
    return Markup(inline(plot.svg, plot.name, plot.alt))


def _bar(study: Study, row: Row, limits: Mapping[str, float]) -> str:
    margin, limit = study.margin_on(row.task), limits[row.task]
    return interval(row.effect, row.low, row.high, margin, limit, css(row.verdict))


def _rejected(analysis: Analysis) -> list[Any]:
    """Return the pairs that were not compared: task, arm, reference, difference, seeds."""
    keys = ["task", "arm", "reference", "difference"]
    counted = analysis.rejected.groupby(keys, sort=False).size().reset_index(name="seeds")
    return counted.to_dict("records")


def _baseline_recipe(study: Study, task: str) -> Mapping[str, Any]:
    return study.arm(task, main_baseline(study, task)).recipe


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Flatten nested settings into (dotted name, text) pairs, in order."""
    pairs: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            pairs += flat(value, f"{prefix}{key}.")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            pairs.append((f"{prefix}{key}", text))
    return pairs
