"""Internal covariate shift: a table, and a plot for each task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench.analysis.covariate_shift import curves, summary
from bench.core.study import BASELINE
from bench.report.plots import style
from bench.report.plots.canvas import Plot, draw, panel
from bench.report.plots.labels import end_labels
from bench.report.plots.lines import ArmLine, draw_lines
from bench.report.plots.origin import SYNTHETIC, Origin
from bench.report.plots.style import each
from bench.report.tables import Column, Table, csv_only, interval_columns, plain, write_table

COLUMNS = (
    *plain("task arm"),
    Column("n", "seeds", ".0f"),
    Column("shift", "shift per evaluation", ".6g", ".3f"),
    *interval_columns(".2f", "ratio to the baseline's", "ratio"),
    *csv_only("data synthetic"),
)
MEANING = (
    "shift: Wasserstein-1 distance between a channel's distributions at two evaluations, in standard "
    "deviations of the slot, mean over channels, slots, evaluations; one fixed training batch",
    "exploratory: ratios with 95% intervals (paired t on logarithms over seeds); no verdicts",
)


def write_shift(observed: pd.DataFrame, folder: Path, profile: str) -> list[Path]:
    """Write `tables/shift.*` and `plots/shift-TASK.*` into the folder.

    Args:
        observed: `bench.analysis.covariate_shift.OBSERVED`, of one recipe a task.

    Raises:
        BenchError: the folder cannot be written.
    """
    ratios, lines = summary(observed), curves(observed)
    warning = (SYNTHETIC,) if ratios["synthetic"].any() else ()
    title = "How far the activations' inputs move"
    table = Table("shift", title, (*warning, *MEANING), ratios, COLUMNS)
    written = write_table(table, folder / "tables")
    for task, rows in ratios.groupby("task", sort=False):
        first = rows.iloc[0]
        origin = Origin(first["data"], bool(first["synthetic"]), "none", profile)
        plot = shift_plot(str(task), rows, lines[lines["task"] == task], origin)
        written += plot.write(folder / "plots")
    return written


def shift_plot(task: str, rows: pd.DataFrame, lines: pd.DataFrame, origin: Origin) -> Plot:
    """Draw a line per arm over the steps of training, on a logarithmic scale.

    Args:
        rows: `bench.analysis.covariate_shift.summary` of this task.
        lines: `bench.analysis.covariate_shift.curves` of this task.
    """
    arms = list(rows["arm"])
    hues = style.colors([arm for arm in arms if arm != BASELINE])
    drawn = [_line(arm, lines[lines["arm"] == arm].sort_values("step")) for arm in arms]

    def paint(figure: Figure) -> None:
        axes = panel(figure, left=0.125)
        ends = draw_lines(axes, drawn, BASELINE, hues)
        axes.set_xlim(0, float(lines["step"].max()) * 1.01)
        axes.set_xlabel("training steps")
        axes.set_ylabel("shift since the evaluation before")
        axes.yaxis.set_major_formatter(lambda y, _: f"{10**y:.2g}")
        axes.yaxis.get_major_locator().set_params(nbins=6)
        end_labels(axes, ends)

    listed = ", ".join(f"{row.arm} {row.shift:.3f}" for row in each(rows))
    return draw(
        f"shift-{task}",
        f"How far the activations' inputs move on {style.shorten(task)}",
        f"Mean shift per evaluation on {task}: {listed}.",
        origin,
        height=3.4,
        paint=paint,
        subtitle="in standard deviations; line: mean over slots and seeds; band: lowest to highest seed",
    )


def _line(arm: str, line: pd.DataFrame) -> ArmLine:
    """Take logarithms for a linear axis: the labels at the ends are spread on one."""
    mean, low, high = (np.log10(line[name].to_numpy()) for name in ("mean", "low", "high"))
    return ArmLine(arm, line["step"].to_numpy(), mean, arm, low, high)
