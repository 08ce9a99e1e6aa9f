"""Internal covariate shift: a table, and a plot for each task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench.analysis.covariate_shift import curves, summary
from bench.core.study import BASELINE
from bench.report.plots import style
from bench.report.plots.origin import SYNTHETIC, Origin
from bench.report.plots.style import Plot, each
from bench.report.tables import Table, table_columns, write_table

COLUMNS = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("n", "seeds", ".0f"),
    ("shift", "shift per evaluation", ".6g", ".3f"),
    ("ratio", "ratio to the baseline's", ".6g", ".2f"),
    ("low", "low", ".6g", ".2f"),
    ("high", "high", ".6g", ".2f"),
    ("data",),
    ("synthetic",),
)
MEANING = (
    "shift: Wasserstein-1 distance between a channel's distributions at two evaluations, in standard "
    "deviations of the slot, mean over channels, slots, evaluations; one fixed training batch",
    "exploratory: ratios with 95% intervals (paired t on logarithms over seeds); no verdicts",
)


def write_shift(observed: pd.DataFrame, folder: Path, profile: str) -> list[Path]:
    """`tables/shift.*` and `plots/shift-TASK.*` in the folder.

    Args:
        observed: `bench.analysis.covariate_shift.OBSERVED`, of one recipe a task.

    Raises:
        BenchError: the folder cannot be written.
    """
    found, drawn = summary(observed), curves(observed)
    synthetic = bool(found["synthetic"].any())
    lines = (*([SYNTHETIC] if synthetic else []), *MEANING)
    table = Table("shift", "How far the activations' inputs move", lines, found, COLUMNS)
    written = write_table(table, folder / "tables")
    for task, rows in found.groupby("task", sort=False):
        first = rows.iloc[0]
        origin = Origin(first["data"], bool(first["synthetic"]), "none", profile)
        plot = shift_plot(str(task), rows, drawn[drawn["task"] == task], origin)
        written += plot.write(folder / "plots")
    return written


def shift_plot(task: str, rows: pd.DataFrame, drawn: pd.DataFrame, origin: Origin) -> Plot:
    """A line an arm over the steps of training, on a logarithmic scale.

    Args:
        rows: `bench.analysis.covariate_shift.summary` of this task.
        drawn: `bench.analysis.covariate_shift.curves` of this task.
    """
    arms = list(rows["arm"])
    hues = {**style.colors([arm for arm in arms if arm != BASELINE]), BASELINE: style.INK}

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        figure.subplots_adjust(left=0.125)
        axes.grid(axis="y")
        ends = []
        for arm in arms:
            line = drawn[drawn["arm"] == arm].sort_values("step")
            # Logarithms on a linear axis: that is where the labels at the ends are spread.
            middle, low, high = (np.log10(line[end]) for end in ("mean", "low", "high"))
            color, dashes = hues[arm], (0, (4, 1.6)) if arm == BASELINE else "-"
            axes.fill_between(line["step"], low, high, color=color, alpha=0.11, lw=0)
            axes.plot(line["step"], middle, color=color, ls=dashes)
            ends.append((arm, float(line["step"].iloc[-1]), float(middle.iloc[-1]), color))
        axes.set_xlim(0, float(drawn["step"].max()) * 1.01)
        axes.set_xlabel("training steps")
        axes.set_ylabel("shift since the evaluation before")
        axes.yaxis.set_major_formatter(lambda y, _: f"{10**y:.2g}")
        axes.yaxis.get_major_locator().set_params(nbins=6)
        axes.spines["left"].set_visible(False)
        style.end_labels(axes, ends)

    told = ", ".join(f"{row.arm} {row.shift:.3f}" for row in each(rows))
    return style.draw(
        f"shift-{task}",
        f"How far the activations' inputs move on {style.shorten(task)}",
        f"Mean shift per evaluation on {task}: {told}.",
        origin,
        height=3.4,
        paint=paint,
        subtitle="in standard deviations; line: mean over slots and seeds; band: lowest to highest seed",
    )
