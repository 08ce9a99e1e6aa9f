"""Convergence: examples to each target with the share of seeds that reach it, and its profile."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.canvas import Plot, count_examples, draw, panel
from bench.report.plots.labels import end_labels, width
from bench.report.plots.lines import ArmLine, draw_lines
from bench.report.plots.origin import Origin
from bench.report.plots.style import each


def convergence_plot(
    task: str, rows: pd.DataFrame, baseline: str, hues: Mapping[str, str], origin: Origin
) -> Plot:
    """Draw the examples to each target, a row per arm, soonest first.

    Args:
        rows: A row per arm and target: arm, target (share of the way from chance to the baseline's
            final accuracy, such as 0.9), examples (restricted mean over seeds), hits, n (seeds).
    """
    levels = sorted(rows["target"].unique())
    middle = levels[len(levels) // 2]
    main = rows[rows["target"] == middle].sort_values(
        ["examples", "hits", "arm"], ascending=[True, False, True], na_position="last"
    )
    arms = list(main["arm"])
    if len(arms) > style.CROWD:
        hues = dict.fromkeys(arms, style.BETTER)
    hues = {**hues, baseline: style.INK}

    def paint(figure: Figure) -> None:
        labels = [style.shorten(arm, 26) for arm in arms]
        axes = panel(figure, 0.045 + width(figure, labels, bold=True), right=0.86, grid="x")
        axes.set_ylim(len(arms) - 0.4, -0.6)
        axes.set_xlim(0, float(np.nanmax(rows["examples"])) * 1.05)
        by_arm = dict(tuple(rows.groupby("arm")))
        for y, arm in enumerate(arms):
            _targets(axes, y, by_arm[arm].sort_values("target"), hues[arm], middle)
        for y, row in enumerate(each(main)):
            axes.text(
                1.03, y, f"{row.hits} of {row.n}", va="center_baseline",
                transform=axes.get_yaxis_transform(),
                color=style.INK if row.hits == row.n else style.WORSE,
            )  # fmt: skip
        axes.set_yticks(range(len(arms)), labels)
        for label, arm in zip(axes.get_yticklabels(), arms, strict=True):
            label.set_color(style.INK)
            label.set_fontweight("bold" if arm == baseline else "normal")
        axes.set_xlabel("training examples to target (restricted mean over seeds)")
        count_examples(axes)

    shares = ", ".join(f"{level:.0%}" for level in levels)
    listed = "; ".join(
        f"{r.arm} {r.examples:,.0f} examples, {r.hits} of {r.n} seeds" for r in each(main.head(12))
    )
    return draw(
        f"convergence-{task}",
        f"Examples to target on {style.shorten(task)}",
        f"Examples to {middle:.0%} of the baseline's final validation accuracy above chance on "
        f"{task}, soonest first: {listed}.",
        origin,
        height=0.62 + (0.27 if len(arms) <= 16 else 0.2) * len(arms),
        paint=paint,
        subtitle=f"to {shares} of the baseline's gain over chance; right: seeds at {middle:.0%}",
    )


def _targets(axes: Axes, y: int, line: pd.DataFrame, color: str, middle: float) -> None:
    """Draw one arm's targets; a dot is hollow if some seeds did not reach the target."""
    axes.plot(line["examples"], [y] * len(line), color=color, lw=1.4, alpha=0.45)
    for point in each(line):
        size = 46 if point.target == middle else 16
        face = color if point.hits == point.n else style.PAPER
        axes.scatter([point.examples], [y], s=size, color=face, edgecolor=color, zorder=3)


def profile_plot(
    task: str, steps: pd.DataFrame, baseline: str, hues: Mapping[str, str], origin: Origin
) -> Plot:
    """Draw the performance profile (Dolan and More 2002): share solved within x times the best.

    Args:
        steps: The steps of each arm's step function: arm, ratio (from 1 on), share (fraction),
            measure (`examples` or `seconds`, one of them), problems.
    """
    right = min(max(float(steps["ratio"].max()) * 1.02, 1.5), 5.0)
    lines = {str(arm): _stairs(str(arm), part, right) for arm, part in steps.groupby("arm")}
    area = {arm: float(np.sum(np.diff(line.x) * line.y[:-1])) for arm, line in lines.items()}
    ranked = sorted(lines, key=lambda arm: (-area[arm], arm))
    hues = style.named([arm for arm in ranked if arm != baseline], hues)
    measure = str(steps["measure"].iloc[0])

    def paint(figure: Figure) -> None:
        axes = panel(figure)
        axes.set_xlim(1, right)
        axes.set_ylim(-3, 103)
        drawn = [lines[arm] for arm in reversed(ranked)]
        end_labels(axes, draw_lines(axes, drawn, baseline, hues, drawstyle="steps-post"))
        axes.set_xlabel(f"{measure} to target, as a multiple of the best arm's")
        axes.set_ylabel("targets reached, % of seeds and targets")
        axes.xaxis.set_major_formatter("{x:.3g}\N{MULTIPLICATION SIGN}")

    return draw(
        f"profile-{task}",
        f"Who gets there how soon on {style.shorten(task)}",
        f"Performance profile by {measure} on {task}; soonest first: {', '.join(ranked[:12])}.",
        origin,
        height=3.4,
        paint=paint,
        subtitle="performance profile: up and to the left is sooner, and more often",
    )


def _stairs(arm: str, part: pd.DataFrame, right: float) -> ArmLine:
    """Return the corners of an arm's step function up to `right`, shares in percent."""
    inside = part[part["ratio"] <= right].sort_values("ratio")
    shares = inside["share"].to_numpy() * 100
    last = shares[-1] if len(shares) else 0.0
    x, y = np.append(inside["ratio"], right), np.append(shares, last)
    return ArmLine(arm, x, y, style.shorten(arm, 22))
