"""The page's section for each strategy: facts card, curves, raw seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from bench.core.study import Study
from bench.report import spark
from bench.report.answers import describe
from bench.report.card import Card
from bench.report.rows import Row, own_strategies
from bench.report.texts import signed
from bench.report.verdicts import css

MOST = 120
"""Largest number of sections; the tables show larger designs (all pairs of many)."""


@dataclass(frozen=True)
class Panel:
    """A strategy on one task."""

    row: Row
    css: str
    description: str
    decomposition: str
    curve: Markup
    seeds: Markup


@dataclass(frozen=True)
class Section:
    """A strategy over all tasks."""

    arm: str
    anchor: str
    cards: tuple[Card, ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Drawn:
    """Frames from which the panels are drawn, and their common axis.

    Attributes:
        points: A row per arm and seed: task, arm, seed, difference (of the judged metric).
        bands: Result of `curve_bands`.
        limits: Task -> half the width of the axis of differences.
    """

    points: pd.DataFrame
    bands: pd.DataFrame
    limits: Mapping[str, float]


def shared_limit(points: pd.DataFrame, margin: float) -> float:
    """Return half the width of the axis of differences that all arms of a task share.

    A few outliers (a diverged seed) do not count: they are drawn at the edge.

    Args:
        points: Of one task.
        margin: Usual margin of the metric; half of it is the least that the axis shows.
    """
    values = np.abs(points["difference"].to_numpy(float))
    values = values[np.isfinite(values)]
    if not len(values):
        return margin
    usual = 4 * float(np.quantile(values, 0.75)) + margin / 2
    return max(float(values[values <= usual].max(initial=0.0)) * 1.1, margin / 2)


def sections(
    study: Study, rows: Sequence[Row], drawn: Drawn, cards: Mapping[str, Card], step: str
) -> list[Section]:
    """Make a section for each arm, in alphabetical order; `step` is the name of step times."""
    by_arm: dict[str, list[Row]] = {}
    for row in rows:
        by_arm.setdefault(row.arm, []).append(row)
    sections = []
    for number, (arm, arm_rows) in enumerate(sorted(by_arm.items())[:MOST]):
        names = dict.fromkeys(n for row in arm_rows for n in own_strategies(study, row.task, arm))
        facts = tuple(cards[name] for name in names if name in cards)
        panels = tuple(_panel(study, row, drawn, step) for row in arm_rows)
        sections.append(Section(arm, f"s{number}", facts, panels))
    return sections


def _panel(study: Study, row: Row, drawn: Drawn, step: str) -> Panel:
    bands = drawn.bands[drawn.bands["task"] == row.task]
    points = drawn.points
    points = points[(points["task"] == row.task) & (points["arm"] == row.arm)].sort_values("seed")
    differences = list(points["difference"])
    listed = ", ".join(signed(value, row.judged.digits) for value in differences)
    curve = spark.curve(
        bands[bands["arm"] == row.arm],
        bands[bands["arm"] == row.reference],
        f"Validation accuracy of {row.arm} and, dashed, {row.reference} on {row.task}",
    )
    seeds = spark.seeds(
        differences,
        study.margin_on(row.task),
        drawn.limits[row.task],
        f"Differences of {len(points)} seeds, {row.judged.measure}: {listed}",
        row.judged.digits,
    )
    description = describe(row, step)
    return Panel(
        row, css(row.verdict), description, row.decomposition, Markup(curve), Markup(seeds)
    )
