"""The history of a metric, a line per arm, with every change of environment marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.compare.trend import software_notes, studies, trend
from bench.core.metrics import followed_series
from bench.report.plots import style
from bench.report.plots.canvas import Plot, draw, panel
from bench.report.plots.labels import Label, end_labels
from bench.report.plots.origin import Origin
from bench.storage.history import Line

NOTE = 0.16
"""Height of a line that names a change, in inches."""


def write_trends(lines: Sequence[Line], folder: Path) -> list[Path]:
    """Write a plot (PNG, SVG) per task, data and metric that two studies or more measured.

    Raises:
        BenchError: a file cannot be written.
    """
    history = studies(lines)
    notes = software_notes(history)
    written = []
    for (task, data, metric), rows in trend(history).groupby(
        ["task", "data", "metric"], sort=False
    ):
        if rows["study"].nunique() > 1:
            plot = trend_plot(str(task), str(data), str(metric), rows, notes)
            written += plot.write(folder)
    return written


def trend_plot(
    task: str, data: str, metric: str, rows: pd.DataFrame, notes: Mapping[str, str]
) -> Plot:
    """Draw one metric over the studies.

    Args:
        rows: `bench.compare.trend.trend` of one task, data and metric.
        notes: study -> change of its environment; empty where nothing changed.
    """
    followed = followed_series()[metric]
    title, unit = followed.title, followed.unit
    names = rows.drop_duplicates("study").sort_values("place")["study"].tolist()
    place = {study: number for number, study in enumerate(names)}
    last = rows.sort_values("place").groupby("arm", sort=False)["value"].last()
    named = _moved_most(rows)
    hues = style.colors(named)
    changed = [study for study in names[1:] if notes[study]]

    def paint(figure: Figure) -> None:
        axes = panel(figure, left=0.11)
        axes.spines["left"].set_visible(True)
        ends = []
        for arm, line in rows.groupby("arm", sort=False):
            color = hues.get(str(arm), style.LINE)
            x, y = line["study"].map(place).to_numpy(float), line["value"].to_numpy()
            axes.plot(x, y, color=color, marker="o", ms=3.5)
            axes.vlines(x, line["low"], line["high"], color=color, lw=1.0)
            if arm in hues:
                ends.append(Label(style.shorten(str(arm)), float(x[-1]), float(y[-1]), color))
        _mark_changes(axes, [place[study] for study in changed])
        _name_studies(axes, names)
        axes.set_ylabel(unit)
        for number, study in enumerate(changed, 1):
            note = style.shorten(f"{number}: {notes[study]}", 104)
            y = (0.24 + NOTE * (len(changed) - number)) / figure.get_figheight()
            figure.text(0.02, y, note, fontsize=7, color=style.SOFT)
        end_labels(axes, ends)

    changes = "; ".join(f"{study}: {notes[study]}" for study in changed) or "none"
    values = ", ".join(f"{arm} {last[arm]:.4g}" for arm in named)
    return draw(
        f"trend-{metric}-{task}-{_file_name(data)}",
        f"{title}, {style.shorten(task)}",
        f"{title} ({unit}) of {len(names)} studies; the newest: {values}. "
        f"Changes of environment: {changes}.",
        Origin(data, bool(rows["synthetic"].any()), "as in each study"),
        height=2.9 + NOTE * len(changed),
        paint=paint,
        subtitle="mean and standard error; dashed: the environment changed",
        below=0.78 + NOTE * len(changed),
    )


def _mark_changes(axes: Axes, places: Sequence[int]) -> None:
    """Draw a numbered line before each study whose environment changed."""
    top = axes.get_ylim()[1]
    for number, place in enumerate(places, 1):
        axes.axvline(place - 0.5, color=style.SOFT, lw=0.9, ls=(0, (3, 3)))
        axes.text(place - 0.47, top, str(number), fontsize=7.5, color=style.SOFT, va="top")


def _name_studies(axes: Axes, names: Sequence[str]) -> None:
    axes.set_xlim(-0.6, len(names) - 0.4)
    step = max(1, int(np.ceil(len(names) / 8)))
    shown = [style.shorten(study, 18) for study in names[::step]]
    axes.set_xticks(range(0, len(names), step), shown, rotation=25, ha="right")


def _moved_most(rows: pd.DataFrame) -> list[str]:
    """Choose the arms with a name and a color: those with the largest steps between studies."""
    steps = {
        str(arm): float(line.sort_values("place")["value"].diff().abs().max())
        for arm, line in rows.groupby("arm", sort=False)
    }
    return sorted(steps, key=lambda arm: (-steps[arm], arm))[: style.SHOWN]


def _file_name(data: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "-" for c in data)
