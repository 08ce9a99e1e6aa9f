"""Learning curves: validation accuracy against examples seen, mean with a band over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.origin import Origin
from bench.report.plots.style import Plot

BANDS = ["task", "arm", "step", "examples", "mean", "low", "high", "seeds", "diverged"]


def curve_bands(curves: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Mean, lowest and highest validation accuracy per task, arm and step.

    Diverged seeds are left out, unless all seeds of an arm diverged: then what there is is shown.
    Only steps that every seed reached: a mean over those that trained longest would mislead.

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
    known = curves.merge(state, on=key)
    grouped = known[known["keep"]].groupby(["task", "arm", "step"], sort=True)
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
    """The curves of one task.

    Args:
        bands: What `curve_bands` gives, of this task.
        baseline: The baseline's arm.
        hues: Arm to color.
        targets: Validation accuracies (fractions) to mark.
    """
    last = bands.sort_values("step").groupby("arm")["mean"].last().sort_values(ascending=False)
    treated = [arm for arm in last.index if arm != baseline]
    named, hues = style.named(treated, hues)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        figure.subplots_adjust(left=0.095)
        width = float(bands["examples"].max())
        axes.set_xlim(0, width * 1.01)
        axes.grid(axis="y")
        for arm in treated:
            if arm not in named:
                line = _line(bands, arm)
                axes.plot(line["examples"], line["mean"] * 100, color=style.LINE, lw=0.9)
        ends = []
        for arm in [*reversed(named), baseline]:
            line = _line(bands, arm)
            if line.empty:
                continue
            color = style.INK if arm == baseline else hues[arm]
            x, y = line["examples"], line["mean"] * 100
            axes.fill_between(
                x, line["low"] * 100, line["high"] * 100, color=color, alpha=0.11, lw=0
            )
            dashes = (0, (4, 1.6)) if arm == baseline else "-"
            axes.plot(x, y, color=color, ls=dashes, lw=2.0 if arm == baseline else 1.6)
            if len(line) == 1:
                axes.plot(x, y, color=color, marker="o", ms=4)
            ends.append((_label(arm, line), float(x.iloc[-1]), float(y.iloc[-1]), color))
        for target in targets:
            axes.axhline(target * 100, color=style.SOFT, lw=0.7, ls=(0, (1.5, 2.5)), zorder=1)
        style.end_labels(axes, ends)
        axes.set_xlabel("training examples seen")
        axes.set_ylabel("validation accuracy, %")
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
        axes.xaxis.get_major_locator().set_params(nbins=5)
        axes.spines["left"].set_visible(False)

    seeds = int(bands["seeds"].max()) if len(bands) else 0
    subtitle = f"line: mean of {seeds} seeds; band: lowest to highest seed"
    if len(named) < len(treated):
        subtitle += f"; best and worst of {len(treated)} named"
    elif targets:
        subtitle += "; dotted: convergence targets"
    ranked = ", ".join(f"{arm} {last[arm] * 100:.1f}%" for arm in last.index[:12])
    return style.draw(
        f"curves-{task}",
        f"Learning curves on {style.shorten(task)}",
        f"Final mean validation accuracy on {task}, best first: {ranked}.",
        origin,
        height=3.7,
        paint=paint,
        subtitle=subtitle,
    )


def _line(bands: pd.DataFrame, arm: str) -> pd.DataFrame:
    return bands[bands["arm"] == arm].sort_values("step")


def _label(arm: str, line: pd.DataFrame) -> str:
    last = line.iloc[-1]
    lost = f", {last['diverged']:.0f} diverged" if last["diverged"] else ""
    return f"{style.shorten(arm, 22)} {last['mean'] * 100:.1f}{lost}"
