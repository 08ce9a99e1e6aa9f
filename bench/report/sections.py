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
from bench.report.rows import Row, css, own_strategies, signed

MOST = 120
"""Sections at the most; larger designs (all pairs of many) stay readable in the tables."""


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


def shared_limit(points: pd.DataFrame) -> float:
    """Half the width of the axis of differences that all arms of a task share.

    A few far seeds (a diverged one) do not count: they are drawn at the edge.
    """
    values = np.abs(points["difference"].to_numpy(float))
    values = values[np.isfinite(values)]
    if not len(values):
        return 1.0
    usual = 4 * float(np.quantile(values, 0.75)) + 0.5
    return max(float(values[values <= usual].max(initial=0.0)) * 1.1, 0.5)


def sections(
    study: Study,
    rows: Sequence[Row],
    points: pd.DataFrame,
    bands: pd.DataFrame,
    limit: Mapping[str, float],
    cards: Mapping[str, Card],
    step: str,
) -> list[Section]:
    """A section per arm, in alphabetical order; `step` is what step times are called."""
    by_arm: dict[str, list[Row]] = {}
    for row in rows:
        by_arm.setdefault(row.arm, []).append(row)
    curves = dict(tuple(bands.groupby(["task", "arm"])))
    raw = dict(tuple(points.groupby(["task", "arm"])))
    nothing, none = bands.iloc[:0], points.iloc[:0]
    found = []
    for number, (arm, own) in enumerate(sorted(by_arm.items())[:MOST]):
        names = dict.fromkeys(n for row in own for n in own_strategies(study, row.task, arm))
        panels = []
        for row in own:
            key = (row.task, arm)
            base = curves.get((row.task, row.reference), nothing)
            seeds = raw.get(key, none).sort_values("seed")
            label = f"Validation accuracy of {arm} and, dashed, {row.reference} on {row.task}"
            words = ", ".join(signed(value, 1) for value in seeds["difference"])
            panels.append(
                Panel(
                    row,
                    css(row.verdict),
                    describe(row, step),
                    row.decomposition,
                    Markup(spark.curve(curves.get(key, nothing), base, label)),
                    Markup(
                        spark.seeds(
                            list(seeds["difference"]),
                            study.margin.get(row.task, 0.0),
                            limit[row.task],
                            f"Differences of {len(seeds)} seeds, points of test accuracy: {words}",
                        )
                    ),
                )
            )
        known = tuple(cards[name] for name in names if name in cards)
        found.append(Section(arm, f"s{number}", known, tuple(panels)))
    return found
