"""The history of a metric, an arm a line, with every change of environment marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench.compare.trend import software_notes, studies, trend
from bench.report.plots import style
from bench.report.plots.origin import Origin
from bench.report.plots.style import Plot
from bench.storage.history import Line

TITLES = {
    "accuracy": ("Test accuracy", "percent"),
    "baseline_step": ("Step time of the baseline", "milliseconds"),
    "step_time": ("Step time beside the baseline's", "ratio"),
    "memory": ("Peak memory", "MB"),
}


def write_trends(lines: Sequence[Line], folder: Path) -> list[Path]:
    """A plot (PNG, SVG) per task, data and metric that two studies or more measured.

    Raises:
        BenchError: a file cannot be written.
    """
    found = studies(lines)
    notes = software_notes(found)
    written = []
    for (task, data, metric), rows in trend(found).groupby(["task", "data", "metric"], sort=False):
        if rows["study"].nunique() > 1:
            plot = trend_plot(str(task), str(data), str(metric), rows, notes)
            written += plot.write(folder)
    return written


def trend_plot(
    task: str, data: str, metric: str, rows: pd.DataFrame, notes: Mapping[str, str]
) -> Plot:
    """One metric over the studies.

    Args:
        rows: of `bench.compare.trend.trend`, of one task, data and metric.
        notes: study -> what of its environment changed; empty where nothing did.
    """
    title, unit = TITLES[metric]
    shown = rows.drop_duplicates("study").sort_values("place")["study"].tolist()
    at = {study: number for number, study in enumerate(shown)}
    last = rows.sort_values("place").groupby("arm", sort=False)["value"].last()
    named = _moved_most(rows)
    hues = style.colors(named)
    changed = _changed(shown, notes)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        figure.subplots_adjust(left=0.11)
        axes.grid(axis="y")
        labels = []
        for arm in rows["arm"].unique():
            mine = rows[rows["arm"] == arm]
            color = hues[arm] if arm in named else style.LINE
            x = mine["study"].map(at).to_numpy(dtype=float)
            y = mine["value"].to_numpy()
            axes.plot(x, y, color=color, marker="o", ms=3.5)
            axes.vlines(x, mine["low"], mine["high"], color=color, lw=1.0)
            if arm in named:
                labels.append((style.shorten(str(arm)), float(x[-1]), float(y[-1]), color))
        top = axes.get_ylim()[1]
        for study, number in changed.items():
            axes.axvline(at[study] - 0.5, color=style.SOFT, lw=0.9, ls=(0, (3, 3)))
            axes.text(at[study] - 0.47, top, str(number), fontsize=7.5, color=style.SOFT, va="top")
        axes.set_xlim(-0.6, len(shown) - 0.4)
        step = max(1, int(np.ceil(len(shown) / 8)))
        axes.set_xticks(range(0, len(shown), step))
        axes.set_xticklabels(
            [style.shorten(study, 18) for study in shown[::step]], rotation=25, ha="right"
        )
        axes.set_ylabel(unit)
        for line, (study, number) in enumerate(changed.items()):
            figure.text(
                0.02, (0.24 + 0.16 * (len(changed) - 1 - line)) / figure.get_figheight(),
                style.shorten(f"{number}: {notes[study]}", 104), fontsize=7, color=style.SOFT,
            )  # fmt: skip
        style.end_labels(axes, labels)

    told = [f"{study}: {notes[study]}" for study in changed]
    values = ", ".join(f"{arm} {last[arm]:.4g}" for arm in named)
    return style.draw(
        f"trend-{metric}-{task}-{_file_name(data)}",
        f"{title}, {style.shorten(task)}",
        f"{title} ({unit}) of {len(shown)} studies; the newest: {values}. "
        f"Changes of environment: {'; '.join(told) or 'none'}.",
        Origin(data, bool(rows["synthetic"].any()), "as in each study"),
        height=2.9 + 0.16 * len(changed),
        paint=paint,
        subtitle="mean and standard error; dashed: the environment changed",
        below=0.78 + 0.16 * len(changed),
    )


def _moved_most(rows: pd.DataFrame) -> list[str]:
    """The arms that get a name and a color: those of the largest steps from study to study."""
    steps = {
        str(arm): float(mine.sort_values("place")["value"].diff().abs().max())
        for arm, mine in rows.groupby("arm", sort=False)
    }
    return sorted(steps, key=lambda arm: (-steps[arm], arm))[: style.SHOWN]


def _changed(shown: Sequence[str], notes: Mapping[str, str]) -> dict[str, int]:
    """Study -> number of its mark: those before which the environment changed."""
    changed = [study for study in shown[1:] if notes[study]]
    return {study: number for number, study in enumerate(changed, 1)}


def _file_name(data: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "-" for c in data)
