"""Calibration curves: accuracy against confidence."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.canvas import Plot, draw, panel
from bench.report.plots.labels import end_labels
from bench.report.plots.lines import ArmLine, Widths, draw_lines
from bench.report.plots.origin import Origin
from bench.report.plots.style import each

MIN_COUNT = 100
"""Fewest test examples of a bin over all seeds; with fewer, its standard error is over 5 points."""


def calibration_bins(trials: pd.DataFrame) -> pd.DataFrame:
    """Pool the bins of all seeds of an arm.

    Args:
        trials: A row per trial with task, arm, calibration (a tuple of `CalibrationBin`).

    Returns:
        A row per task, arm and bin of at least `MIN_COUNT` examples: count, confidence, accuracy
        (fractions).
    """
    rows = [
        (trial.task, trial.arm, i, b.count, b.count * b.confidence, b.count * b.accuracy)
        for trial in each(trials[["task", "arm", "calibration"]])
        if isinstance(trial.calibration, tuple)
        for i, b in enumerate(trial.calibration)
    ]
    frame = pd.DataFrame(rows, columns=["task", "arm", "bin", "count", "confidence", "accuracy"])
    total = frame.groupby(["task", "arm", "bin"], as_index=False).sum()
    total = total[total["count"] >= MIN_COUNT]
    means = total[["confidence", "accuracy"]].div(total["count"], axis=0)
    return total.assign(**means)


def calibration_plot(
    task: str,
    bins: pd.DataFrame,
    ece: Mapping[str, float],
    baseline: str,
    hues: Mapping[str, str],
    origin: Origin,
) -> Plot:
    """Draw accuracy less confidence against confidence; below zero is overconfident.

    Args:
        bins: `calibration_bins` of this task.
        ece: Arm to mean expected calibration error (fraction).
    """
    ranked = sorted((arm for arm in bins["arm"].unique() if arm in ece), key=lambda arm: ece[arm])
    treated = [arm for arm in ranked if arm != baseline]
    hues = style.named(treated, hues)
    by_arm = {arm: rows.sort_values("confidence") for arm, rows in bins.groupby("arm")}
    order = [*(arm for arm in treated if arm not in hues), *reversed(hues), baseline]
    lines = [_line(arm, by_arm[arm], ece) for arm in order if arm in by_arm]

    def paint(figure: Figure) -> None:
        axes = panel(figure)
        axes.set_xlim(float(bins["confidence"].min()) * 100 - 1, 101)
        axes.axhline(0, color=style.SOFT, lw=0.9)
        ends = draw_lines(axes, lines, baseline, hues, Widths(named=1.5, baseline=2.0))
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -2), max(high, 2))
        for text, y, va in (("underconfident", 0.985, "top"), ("overconfident", 0.015, "bottom")):
            axes.text(
                0.01, y, text, transform=axes.transAxes, va=va, color=style.SOFT, style="italic"
            )
        if ends:
            end_labels(axes, ends)
        axes.set_xlabel("confidence (largest probability), %")
        axes.set_ylabel("accuracy less confidence, points")

    listed = ", ".join(f"{arm} {ece[arm] * 100:.1f}" for arm in ranked[:12])
    return draw(
        f"calibration-{task}",
        f"Calibration on {style.shorten(task)}",
        f"Expected calibration error on {task} in percentage points, best first: {listed}.",
        origin,
        height=3.5,
        paint=paint,
        subtitle="on the zero line a model is right as often as it says; numbers: mean ECE, points",
    )


def _line(arm: str, bins: pd.DataFrame, ece: Mapping[str, float]) -> ArmLine:
    label = f"{style.shorten(arm, 22)} {ece[arm] * 100:.1f}" if arm in ece else arm
    misses = bins["accuracy"] - bins["confidence"]
    return ArmLine(arm, bins["confidence"].to_numpy() * 100, misses.to_numpy() * 100, label)
