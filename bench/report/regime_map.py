"""The map of regimes: a table, and a heat map for each task."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from bench.analysis.regimes import check, differing, regimes
from bench.core.metric import Metric
from bench.core.study import Study
from bench.report.headings import base_name, judged_lines
from bench.report.plots.canvas import Plot
from bench.report.plots.heat import heat_plot
from bench.report.plots.origin import SYNTHETIC, Origin
from bench.report.plots.style import shorten
from bench.report.tables import Column, Table, csv_only, interval_columns, plain, write_table


def map_columns(judged: Metric) -> tuple[Column, ...]:
    """Return the columns of the map's table."""
    form = f"+.{judged.digits}f"
    return (
        *plain("task regime"),
        *csv_only("study"),
        *plain("arm"),
        *csv_only("reference"),
        Column("n", "seeds", ".0f"),
        *interval_columns(form, f"effect{judged.in_unit}"),
        Column("shrunk", "shrunk", ".6g", form),
        *csv_only("p", ".6g"),
        Column("p_adjusted", "p adjusted", ".6g", ".3g"),
        *csv_only("survives"),
        Column("gap", "baseline gap", ".6g", ".1f"),
        *csv_only("data synthetic"),
    )


def write_map(
    studies: Sequence[Study], trials: Mapping[str, pd.DataFrame], folder: Path
) -> list[Path]:
    """Write `tables/regimes.*` and `plots/regimes-TASK.*` into the folder.

    Raises:
        UsageError: the studies differ in more than their recipes.
        BenchError: the folder cannot be written.
    """
    check(studies)
    frame = regimes(studies, trials)
    tasks = list(dict.fromkeys(frame["task"]))
    axes = {task: " / ".join(differing(studies, task)) for task in tasks}
    lines = (
        *([SYNTHETIC] if frame["synthetic"].any() else []),
        "exploratory: paired t, 95% intervals, Benjamini-Hochberg over the whole map; no verdicts",
        *judged_lines(studies[0]),
        *(f"{task}: a regime is {axes[task] or 'a study'}" for task in tasks),
    )
    table = Table("regimes", "Effects over regimes", lines, frame, map_columns(studies[0].metric))
    written = write_table(table, folder / "tables")
    for task in tasks:
        plot = map_plot(task, frame[frame["task"] == task], axes[task], studies[0])
        written += plot.write(folder / "plots")
    return written


def map_plot(task: str, rows: pd.DataFrame, axis: str, study: Study) -> Plot:
    """Draw the effect of each arm in each regime of a task, arms ordered by their mean effect.

    A number is bold only where it survives the adjustment over all cells of the map.
    """
    judged = study.metric
    regimes = list(dict.fromkeys(rows["regime"]))
    order = (
        rows.groupby("arm")["effect"].mean().sort_values(ascending=not judged.more_is_better).index
    )
    gaps = rows.groupby("regime")["gap"].first()
    effect, certain, shrunk = (
        rows.pivot(index="arm", columns="regime", values=values)
        .loc[order, regimes]
        .rename(columns=lambda regime: _label(regime, gaps[regime]))
        for values in ("effect", "survives", "shrunk")
    )
    seeds = sorted({int(n) for n in rows["n"]})
    count = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    first = rows.iloc[0]
    return heat_plot(
        f"regimes-{task}",
        f"Effect over regimes on {shorten(task)}",
        f"{', '.join(part for part in (judged.unit or judged.title, judged.direction) if part)}, "
        f"{count} seeds; in brackets: shrunk; bold: adjusted over the map, p < .05; exploratory",
        effect,
        certain.eq(True),
        judged,
        Origin(first["data"], bool(rows["synthetic"].any()), base_name(study), study.profile),
        f"{axis}, baseline gap in points" if axis else "",
        shrunk.astype(float),
    )


def _label(regime: str, gap: float) -> str:
    return f"{regime}, gap {round(gap)}" if math.isfinite(gap) else regime
