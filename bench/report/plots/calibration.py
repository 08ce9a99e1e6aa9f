"""Calibration curves: is the model right as often as it says?"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.origin import Origin
from bench.report.plots.style import Plot

MIN_COUNT = 100
"""A bin with fewer test examples over all seeds is noise (a standard error of 5 points), not drawn."""


def calibration_bins(trials: pd.DataFrame) -> pd.DataFrame:
    """The bins of all seeds of an arm together.

    Args:
        trials: A row per trial with task, arm, calibration (a tuple of `CalibrationBin`).

    Returns:
        A row per task, arm and bin: count, confidence, accuracy (fractions); a bin that is too
        thin is left out.
    """
    rows = [
        (task, arm, i, b.count, b.count * b.confidence, b.count * b.accuracy)
        for task, arm, bins in zip(
            trials["task"], trials["arm"], trials["calibration"], strict=True
        )
        if isinstance(bins, tuple)
        for i, b in enumerate(bins)
    ]
    frame = pd.DataFrame(rows, columns=["task", "arm", "bin", "count", "confidence", "accuracy"])
    total = frame.groupby(["task", "arm", "bin"], as_index=False).sum()
    total = total[total["count"] >= MIN_COUNT]
    return total.assign(
        confidence=total["confidence"] / total["count"], accuracy=total["accuracy"] / total["count"]
    )


def calibration_plot(
    task: str,
    bins: pd.DataFrame,
    ece: Mapping[str, float],
    baseline: str,
    hues: Mapping[str, str],
    origin: Origin,
) -> Plot:
    """Accuracy less confidence against confidence; below zero is overconfident.

    Args:
        bins: What `calibration_bins` gives, of this task.
        ece: Arm to mean expected calibration error (fraction).
    """
    ranked = sorted((arm for arm in bins["arm"].unique() if arm in ece), key=lambda arm: ece[arm])
    treated = [arm for arm in ranked if arm != baseline]
    named, hues = style.named(treated, hues)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        figure.subplots_adjust(left=0.095)
        axes.set_xlim(float(bins["confidence"].min()) * 100 - 1, 101)
        axes.grid(axis="y")
        axes.axhline(0, color=style.SOFT, lw=0.9)
        ends = []
        for arm in [*(a for a in treated if a not in named), *reversed(named), baseline]:
            line = bins[bins["arm"] == arm].sort_values("confidence")
            if line.empty:
                continue
            x, y = line["confidence"] * 100, (line["accuracy"] - line["confidence"]) * 100
            if arm != baseline and arm not in named:
                axes.plot(x, y, color=style.LINE, lw=0.8)
                continue
            color = style.INK if arm == baseline else hues[arm]
            dashes = (0, (4, 1.6)) if arm == baseline else "-"
            axes.plot(x, y, color=color, ls=dashes, lw=2.0 if arm == baseline else 1.5)
            label = f"{style.shorten(arm, 22)} {ece[arm] * 100:.1f}" if arm in ece else arm
            ends.append((label, float(x.iloc[-1]), float(y.iloc[-1]), color))
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -2), max(high, 2))
        for text, y, va in (("underconfident", 0.985, "top"), ("overconfident", 0.015, "bottom")):
            axes.text(
                0.01, y, text, transform=axes.transAxes, va=va, color=style.SOFT, style="italic"
            )
        if ends:
            style.end_labels(axes, ends)
        axes.set_xlabel("confidence (largest probability), %")
        axes.set_ylabel("accuracy less confidence, points")
        axes.spines["left"].set_visible(False)

    listed = ", ".join(f"{arm} {ece[arm] * 100:.1f}" for arm in ranked[:12])
    return style.draw(
        f"calibration-{task}",
        f"Calibration on {style.shorten(task)}",
        f"Expected calibration error on {task} in percentage points, best first: {listed}.",
        origin,
        height=3.5,
        paint=paint,
        subtitle="on the zero line a model is right as often as it says; numbers: mean ECE, points",
    )
