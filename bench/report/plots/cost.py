"""Accuracy against step time, with the Pareto front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from bench.report.plots import style
from bench.report.plots.origin import Origin
from bench.report.plots.style import Plot, each

_NEAR = ((6, 7), (6, -7), (-6, 7), (-6, -7), (7, 0), (-7, 0), (0, 11), (0, -11), (9, 15), (-9, -15))
_FAR = ((14, 24), (14, -24), (-14, 24), (-14, -24), (24, 36), (24, -36), (-24, 36), (-24, -36))
"""Points right of and above a dot, where its label is tried, in this order; far ones get a line."""


def cost_plot(
    task: str, rows: pd.DataFrame, step_time: str, hues: Mapping[str, str], origin: Origin
) -> Plot:
    """What a strategy gives against what it costs.

    Args:
        rows: A row per treated arm with arm, effect, low, high (percentage points), ratio,
            ratio_low, ratio_high (of step times), pareto (on the front or not).
        step_time: What it is called: `CPU step time`.
    """
    rows = rows[np.isfinite(rows["effect"]) & np.isfinite(rows["ratio"])]
    if len(rows) > style.CROWD:
        front = rows["pareto"].astype(bool)
        hues = dict(zip(rows["arm"], np.where(front, style.HELPS, style.SOFT), strict=True))
    rows = rows.sort_values(["pareto", "effect", "arm"], ascending=[False, False, True])

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        figure.subplots_adjust(left=0.095, right=0.965)
        _limits(axes, rows)
        axes.grid(axis="y")
        axes.axhline(0, color=style.SOFT, lw=0.9)
        axes.axvline(1, color=style.SOFT, lw=0.9)
        axes.spines["left"].set_visible(False)
        _front(axes, rows)
        for row in each(rows):
            color = hues[row.arm]
            if len(rows) <= style.CROWD:  # a missing interval draws nothing
                axes.plot([row.ratio] * 2, [row.low, row.high], color=color, lw=1.2, alpha=0.45)
                ratios = [row.ratio_low, row.ratio_high]
                axes.plot(ratios, [row.effect] * 2, color=color, lw=1.2, alpha=0.45)
            face = color if row.pareto else style.PAPER
            axes.scatter([row.ratio], [row.effect], s=34, color=face, edgecolor=color, zorder=4)
        axes.scatter([1], [0], s=44, color=style.INK, marker="D", zorder=5)
        points = [("baseline", 1.0, 0.0, style.INK)]
        points += [(r.arm, r.ratio, r.effect, hues[r.arm]) for r in each(rows)]
        left_out = place_labels(axes, points)
        if left_out:
            axes.text(
                1, 0.01, f"{left_out} not named for want of room: see the table", fontsize=7,
                color=style.SOFT, ha="right", transform=axes.transAxes,
            )  # fmt: skip
        axes.set_xlabel(f"{step_time}, ratio to the baseline")
        axes.set_ylabel("change of test accuracy, points")
        axes.xaxis.set_major_formatter(_times)
        axes.yaxis.set_major_formatter(lambda y, _: f"{y:+.3g}".replace("-", "\N{MINUS SIGN}"))

    names = ", ".join(str(arm) for arm in rows.loc[rows["pareto"].astype(bool), "arm"])
    return style.draw(
        f"cost-{task}",
        f"Accuracy against {step_time} on {style.shorten(task)}",
        f"On the Pareto front of accuracy and {step_time} on {task}: "
        f"{names or 'only the baseline'}.",
        origin,
        height=3.7,
        paint=paint,
        subtitle="up: more accurate; left: cheaper; filled and joined: the Pareto front"
        + ("; bars: 95% intervals" if len(rows) <= style.CROWD else ""),
    )


def _times(ratio: float, _: object = None) -> str:
    return f"{ratio:.4f}".rstrip("0").rstrip(".") + "\N{MULTIPLICATION SIGN}"


def _limits(axes: Axes, rows: pd.DataFrame) -> None:
    x = np.append(rows["ratio"].to_numpy(float), 1.0)
    y = (
        rows[["effect"] + (["low", "high"] if len(rows) <= style.CROWD else [])]
        .to_numpy(float)
        .ravel()
    )
    y = np.append(y[np.isfinite(y)], 0.0)
    width = max(float(np.ptp(x)), 0.02)
    height = max(float(np.ptp(y)), 0.5)
    axes.set_xlim(x.min() - 0.10 * width, x.max() + 0.22 * width)
    axes.set_ylim(y.min() - 0.07 * height, y.max() + 0.09 * height)


def _front(axes: Axes, rows: pd.DataFrame) -> None:
    """Stairs: at each cost, the best accuracy to be had for it."""
    front = rows[rows["pareto"].astype(bool)]
    corners = sorted({(1.0, 0.0), *zip(front["ratio"], front["effect"], strict=True)})
    kept: list[tuple[float, float]] = []
    for x, y in corners:
        if not kept or y > kept[-1][1]:
            kept.append((x, y))
    xs, ys = zip(*kept, strict=True)
    axes.plot(
        [*xs, axes.get_xlim()[1]], [*ys, ys[-1]], drawstyle="steps-post", color=style.SOFT,
        lw=1.1, alpha=0.6, zorder=2,
    )  # fmt: skip


def place_labels(
    axes: Axes, points: Sequence[tuple[str, float, float, str]], font: float = 8
) -> int:
    """Names beside their points where they overlap neither each other, a point nor a line.

    A line may begin on points that its own touches.

    Args:
        points: (name, x, y, color) each, the most important first.

    Returns:
        How many names found no room and were left out.
    """
    figure = axes.get_figure()
    assert figure is not None
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    scale = figure.dpi / 72
    area = axes.get_window_extent(renderer)
    area = Bbox.from_extents(area.x0, area.y0, figure.bbox.x1 - 4 * scale, area.y1 + 6 * scale)
    dots = axes.transData.transform([(x, y) for _, x, y, _ in points])
    radius = 3.6 * scale
    taken = [Bbox.from_extents(x - radius, y - radius, x + radius, y + radius) for x, y in dots]
    lines: list[Path] = []
    left_out = 0
    for (name, x, y, color), own, dot in zip(points, list(taken), dots, strict=True):
        for dx, dy in (*_NEAR, *_FAR):
            far = (dx, dy) in _FAR
            line = {
                "arrowstyle": "-", "lw": 0.5, "color": color, "shrinkA": 0, "shrinkB": 3,
                "relpos": (0 if dx > 0 else 1, 0.5),
            }  # fmt: skip
            text = axes.annotate(
                style.shorten(name, 22), (x, y), (dx, dy), textcoords="offset points", color=color,
                fontsize=font, va="center", ha="left" if dx > 0 else "right" if dx else "center",
                arrowprops=line if far else None,
            )  # fmt: skip
            text.update_positions(renderer)
            box = Text.get_window_extent(text, renderer)  # without the line
            box = box.padded((4 if far else 0.6) * scale)  # the nearest point is to be its own
            end = (box.x0 if dx > 0 else box.x1, (box.y0 + box.y1) / 2)
            leader = [Path([dot, end])] if far else []
            apart = [other for other in taken if not own.overlaps(other)]
            free = not any(box.overlaps(other) for other in taken if other is not own)
            free &= not _crosses(lines, [box]) and not _crosses(leader, apart)
            if free and area.x0 <= box.x0 and box.x1 <= area.x1 and _within(box, area):
                taken.append(box)
                lines += leader
                break
            text.remove()
        else:
            left_out += 1
    return left_out


def _crosses(lines: Sequence[Path], boxes: Sequence[Bbox]) -> bool:
    return any(line.intersects_bbox(box, filled=False) for line in lines for box in boxes)


def _within(box: Bbox, area: Bbox) -> bool:
    return bool(area.y0 <= box.y0 and box.y1 <= area.y1)
