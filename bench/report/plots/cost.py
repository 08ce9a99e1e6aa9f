"""The judged metric against step time, with the Pareto front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.analysis.front import NAMED_ABOVE
from bench.core.metric import Metric
from bench.report.plots import style
from bench.report.plots.canvas import Plot, change, draw, panel
from bench.report.plots.labels import Label, place_labels
from bench.report.plots.origin import Origin
from bench.report.plots.outliers import usual
from bench.report.plots.style import each
from bench.report.texts import signed

LEAST_HEIGHT = 0.5
"""Part of the usual margin that the plot shows at least."""


def cost_plot(
    task: str,
    rows: pd.DataFrame,
    judged: Metric,
    step_time: str,
    hues: Mapping[str, str],
    origin: Origin,
) -> Plot:
    """Draw the gain of each strategy against its cost; better is up.

    Args:
        rows: A row per treated arm with arm, effect, low, high (in the unit of the metric), ratio,
            ratio_low, ratio_high (of step times), pareto (on the front with `NAMED_ABOVE`). An arm
            whose effect is an outlier gets a mark at the edge.
        judged: Metric of the effects.
        step_time: Name of step times: `CPU step time`.
    """
    rows = rows[np.isfinite(rows["effect"]) & np.isfinite(rows["ratio"])]
    order = [False, not judged.more_is_better, True]
    rows = rows.sort_values(["pareto", "effect", "arm"], ascending=order)
    front, crowded = rows["pareto"].astype(bool), len(rows) > style.CROWD
    if crowded:
        hues = dict(zip(rows["arm"], np.where(front, style.BETTER, style.SOFT), strict=True))

    shown = rows[["effect"] if crowded else ["effect", "low", "high"]].to_numpy(float)
    least = LEAST_HEIGHT * judged.margin_of()
    shown = usual(np.append(shown, 0.0), least)
    ends = shown.min(), shown.max()
    rows = rows.assign(place=rows["effect"].clip(*ends))

    def paint(figure: Figure) -> None:
        axes = panel(figure, left=0.083 + 0.012 * judged.digits, right=0.965)
        _limits(axes, shown, least, rows["ratio"])
        axes.yaxis.set_inverted(judged.sign < 0)
        axes.axhline(0, color=style.SOFT, lw=0.9)
        axes.axvline(1, color=style.SOFT, lw=0.9)
        _front(axes, rows[front], judged.sign)
        for row in each(rows):
            color = hues[row.arm]
            if not crowded:  # a missing interval draws nothing
                bar = {"color": color, "lw": 1.2, "alpha": 0.45}
                axes.plot([row.ratio] * 2, np.clip([row.low, row.high], *ends), **bar)
                axes.plot([row.ratio_low, row.ratio_high], [row.place] * 2, **bar)
            face = color if row.pareto else style.PAPER
            beyond = row.effect != row.place
            axes.scatter(
                [row.ratio], [row.place], s=34, color=face, edgecolor=color, zorder=4,
                marker=("v" if judged.sign * row.effect < 0 else "^") if beyond else "o",
            )  # fmt: skip
        axes.scatter([1], [0], s=44, color=style.INK, marker="D", zorder=5)
        points = [Label(_name(r, judged), r.ratio, r.place, hues[r.arm]) for r in each(rows)]
        left_out = place_labels(axes, [Label("baseline", 1.0, 0.0, style.INK), *points])
        if left_out:
            axes.text(
                1, 0.01, f"{left_out} not named for want of room: see the table", fontsize=7,
                color=style.SOFT, ha="right", transform=axes.transAxes,
            )  # fmt: skip
        axes.set_xlabel(f"{step_time}, ratio to the baseline")
        axes.set_ylabel(judged.change)
        axes.xaxis.set_major_formatter(_times)
        axes.yaxis.set_major_formatter(change)

    names = ", ".join(map(str, rows.loc[front, "arm"])) or "none for sure"
    sure, title = f"{NAMED_ABOVE:.0%}", judged.title
    return draw(
        f"cost-{task}",
        f"{title[0].upper()}{title[1:]} against step time on {style.shorten(task)}",
        f"On the Pareto front of {title} and {step_time} on {task} with {sure} or more: {names}.",
        origin,
        height=3.7,
        paint=paint,
        subtitle=f"up: better; left: cheaper; filled, joined: on the Pareto front with {sure}"
        + ("" if crowded else "; bars: intervals"),
    )


def _times(ratio: float, _: object = None) -> str:
    return f"{ratio:.4f}".rstrip("0").rstrip(".") + "\N{MULTIPLICATION SIGN}"


def _name(row: Any, judged: Metric) -> str:
    """Name an arm, with its effect where the axis ends before it."""
    within = row.effect == row.place
    return str(row.arm) if within else f"{row.arm} ({signed(row.effect, judged.digits)})"


def _limits(axes: Axes, effects: NDArray[np.float64], least: float, ratios: pd.Series) -> None:
    x, y = np.append(ratios.to_numpy(float), 1.0), effects
    width, height = max(float(np.ptp(x)), 0.02), max(float(np.ptp(y)), least)
    axes.set_xlim(x.min() - 0.10 * width, x.max() + 0.22 * width)
    axes.set_ylim(y.min() - 0.07 * height, y.max() + 0.09 * height)


def _front(axes: Axes, front: pd.DataFrame, sign: int) -> None:
    """Draw the front as stairs: at each cost, the best value of the arms on it."""
    corners = sorted({(1.0, 0.0), *zip(front["ratio"], sign * front["place"], strict=True)})
    x, y = np.array(corners).T
    heights, first = np.unique(np.maximum.accumulate(y), return_index=True)
    axes.plot(
        [*x[first], axes.get_xlim()[1]], sign * np.append(heights, heights[-1]), drawstyle="steps-post",
        color=style.SOFT, lw=1.1, alpha=0.6, zorder=2,
    )  # fmt: skip
