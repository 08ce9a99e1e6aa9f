"""Learning curves: validation accuracy against examples seen, mean with a band over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.canvas import Plot, count_examples, draw, panel
from bench.report.plots.labels import Label, end_labels
from bench.report.plots.origin import Origin

BANDS = ["task", "arm", "step", "examples", "mean", "low", "high", "seeds", "diverged"]


def curve_bands(curves: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Compute mean, lowest and highest validation accuracy per task, arm and step.

    Diverged seeds are left out, unless all seeds of an arm diverged: then what there is is shown.
    Only steps that every seed reached are kept: a mean over the longest trials would mislead.

    Args:
        curves: A row per evaluation.
        trials: A row per trial, with its status.

    Returns:
        A row per task, arm, step: examples, mean, low, high (fractions), seeds, diverged.
    """
    if curves.empty:
        return pd.DataFrame(columns=BANDS)
    key = ["task", "arm", "seed"]
    state = trials[[*key]].assign(lost=trials["status"] == "diverged")
    by_arm = state.groupby(["task", "arm"])["lost"]
    state["diverged"] = by_arm.transform("sum")
    state["keep"] = ~state["lost"] | by_arm.transform("all")
    points = curves.merge(state, on=key)
    grouped = points[points["keep"]].groupby(["task", "arm", "step"], sort=True)
    bands = grouped.agg(
        examples=("examples", "median"),
        mean=("validation_accuracy", "mean"),
        low=("validation_accuracy", "min"),
        high=("validation_accuracy", "max"),
        seeds=("seed", "nunique"),
        diverged=("diverged", "max"),
    ).reset_index()
    most = bands.groupby(["task", "arm"])["seeds"].transform("max")
    return bands[bands["seeds"] == most]


def curve_plot(
    task: str,
    bands: pd.DataFrame,
    baseline: str,
    hues: Mapping[str, str],
    targets: Sequence[float],
    origin: Origin,
) -> Plot:
    """Draw the curves of one task.

    Args:
        bands: `curve_bands` of this task.
        hues: Arm to color.
        targets: Validation accuracies (fractions) to mark.
    """
    lines = {arm: rows.sort_values("step") for arm, rows in bands.groupby("arm")}
    last = bands.sort_values("step").groupby("arm")["mean"].last().sort_values(ascending=False)
    treated = [arm for arm in last.index if arm != baseline]
    named, hues = style.named(treated, hues)

    def paint(figure: Figure) -> None:
        axes = panel(figure)
        axes.set_xlim(0, float(bands["examples"].max()) * 1.01)
        for line in (lines[arm] for arm in treated if arm not in named):
            axes.plot(line["examples"], line["mean"] * 100, color=style.LINE, lw=0.9)
        ends = [
            _curve(axes, arm, lines[arm], style.stroke(arm, baseline, hues))
            for arm in [*reversed(named), baseline]
            if arm in lines
        ]
        for target in targets:
            axes.axhline(target * 100, color=style.SOFT, lw=0.7, ls=style.DOTTED, zorder=1)
        end_labels(axes, ends)
        axes.set_xlabel("training examples seen")
        axes.set_ylabel("validation accuracy, %")
        count_examples(axes)

    seeds = int(bands["seeds"].max()) if len(bands) else 0
    subtitle = f"line: mean of {seeds} seeds; band: lowest to highest seed"
    if len(named) < len(treated):
        subtitle += f"; best and worst of {len(treated)} named"
    elif targets:
        subtitle += "; dotted: convergence targets"
    ranked = ", ".join(f"{arm} {last[arm] * 100:.1f}%" for arm in last.index[:12])
    return draw(
        f"curves-{task}",
        f"Learning curves on {style.shorten(task)}",
        f"Final mean validation accuracy on {task}, best first: {ranked}.",
        origin,
        height=3.7,
        paint=paint,
        subtitle=subtitle,
    )


def _curve(axes: Axes, arm: str, line: pd.DataFrame, look: dict[str, Any]) -> Label:
    """Draw the mean and the band of an arm, and return the label for its end."""
    x, y, color = line["examples"], line["mean"] * 100, look["color"]
    axes.fill_between(x, line["low"] * 100, line["high"] * 100, color=color, alpha=0.11, lw=0)
    axes.plot(x, y, **look, lw=2.0 if look["ls"] == style.DASHED else 1.6)
    if len(line) == 1:
        axes.plot(x, y, color=color, marker="o", ms=4)
    lost = int(line["diverged"].iloc[-1])
    text = f"{style.shorten(arm, 22)} {y.iloc[-1]:.1f}" + (f", {lost} diverged" if lost else "")
    return Label(text, float(x.iloc[-1]), float(y.iloc[-1]), color)
