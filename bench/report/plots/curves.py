"""Learning curves: validation accuracy against examples seen, mean with a band over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.canvas import Plot, count_examples, draw, panel
from bench.report.plots.labels import end_labels
from bench.report.plots.lines import ArmLine, Widths, draw_lines
from bench.report.plots.origin import Origin

BANDS = ["task", "arm", "step", "examples", "mean", "low", "high", "seeds", "diverged"]


def curve_bands(curves: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Compute mean, lowest and highest validation accuracy per task, arm and step.

    Diverged seeds are left out, unless all seeds of an arm diverged. Only steps that every seed reached
    are kept, because a mean over the longest trials would mislead.

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
    by_arm = {arm: rows.sort_values("step") for arm, rows in bands.groupby("arm")}
    last = pd.Series({arm: rows["mean"].iloc[-1] for arm, rows in by_arm.items()})
    last = last.sort_values(ascending=False)
    treated = [arm for arm in last.index if arm != baseline]
    hues = style.named(treated, hues)
    order = [*(arm for arm in treated if arm not in hues), *reversed(hues), baseline]
    lines = [_line(arm, by_arm[arm]) for arm in order if arm in by_arm]

    def paint(figure: Figure) -> None:
        axes = panel(figure)
        axes.set_xlim(0, float(bands["examples"].max()) * 1.01)
        ends = draw_lines(axes, lines, baseline, hues, Widths(grey=0.9, baseline=2.0))
        for target in targets:
            axes.axhline(target * 100, color=style.SOFT, lw=0.7, ls=style.DOTTED, zorder=1)
        end_labels(axes, ends)
        axes.set_xlabel("training examples seen")
        axes.set_ylabel("validation accuracy, %")
        count_examples(axes)

    seeds = int(bands["seeds"].max()) if len(bands) else 0
    subtitle = f"line: mean of {seeds} seeds; band: lowest to highest seed"
    if len(hues) < len(treated):
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


def _line(arm: str, band: pd.DataFrame) -> ArmLine:
    mean, low, high = (band[name].to_numpy() * 100 for name in ("mean", "low", "high"))
    lost = int(band["diverged"].iloc[-1])
    label = f"{style.shorten(arm, 22)} {mean[-1]:.1f}" + (f", {lost} diverged" if lost else "")
    return ArmLine(arm, band["examples"].to_numpy(), mean, label, low, high)
