"""Labels that stay apart: at the ends of lines, and beside points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from bench.report.plots import style

FONT = 8.0
_NEAR = ((6, 7), (6, -7), (-6, 7), (-6, -7), (7, 0), (-7, 0), (0, 11), (0, -11), (9, 15), (-9, -15))
_FAR = ((14, 24), (14, -24), (-14, 24), (-14, -24), (24, 36), (24, -36), (-24, 36), (-24, -36))
"""Offsets from a dot, in points, where its label is tried in this order; far ones get a line."""


class Label(NamedTuple):
    """A text for a place in the data."""

    text: str
    x: float
    y: float
    color: str


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions `gap` apart within [low, high], each as little as possible.

    Least squares by pooling neighbors that are too near; the order stays. Where all do not fit, the
    gap shrinks.
    """
    count = len(positions)
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = sorted(range(count), key=lambda i: positions[i])
    pools: list[list[float]] = []  # where each member would like its pool to begin
    for rank, i in enumerate(order):
        pools.append([positions[i] - rank * gap])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    starts = [fmean(pool) for pool in pools for _ in pool]
    moved = [0.0] * count
    for rank, i in enumerate(order):
        start = min(max(starts[rank], low), high - (count - 1) * gap)
        moved[i] = start + rank * gap
    return moved


def width(figure: Figure, texts: Iterable[str], font: float = FONT, bold: bool = False) -> float:
    """Return the width of the longest text as a share of the figure's."""
    properties = FontProperties(size=font, weight="bold" if bold else "normal")
    measure = _renderer(figure).get_text_width_height_descent
    pixels = (measure(text, properties, ismath=False)[0] for text in texts)
    return float(max(pixels, default=0.0)) / float(figure.bbox.width)


def end_labels(axes: Axes, ends: Sequence[Label]) -> None:
    """Write labels right of the axes, each beside the end of its line, moved apart where crowded."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    room = width(figure, (end.text for end in ends)) + 0.045
    figure.subplots_adjust(right=1 - min(room, 0.45))
    low, high = axes.get_ylim()
    height = axes.get_position().height * figure.get_figheight() * 72
    gap = (high - low) * FONT * 1.22 / height
    left, right = axes.get_xlim()
    step = (right - left) * 0.03
    for end, y in zip(ends, spread([end.y for end in ends], gap, low, high), strict=True):
        axes.plot(
            [end.x, right + step * 0.9], [end.y, y], color=end.color, lw=0.6, alpha=0.6,
            clip_on=False,
        )  # fmt: skip
        axes.text(right + step, y, end.text, color=end.color, fontsize=FONT, va="center_baseline")


def place_labels(axes: Axes, points: Sequence[Label]) -> int:
    """Write names beside their points, so that they overlap no other name, point or line.

    A line may begin on points that its own point touches.

    Args:
        points: The most important first.

    Returns:
        The number of names that found no room and were left out.
    """
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    renderer, scale = _renderer(figure), figure.dpi / 72
    area = axes.get_window_extent(renderer)
    area = Bbox.from_extents(area.x0, area.y0, figure.bbox.x1 - 4 * scale, area.y1 + 6 * scale)
    centers = axes.transData.transform([(point.x, point.y) for point in points])
    radius = 3.6 * scale
    dots = [Bbox.from_extents(x - radius, y - radius, x + radius, y + radius) for x, y in centers]
    taken, lines, left_out = list(dots), list[Path](), 0
    for point, dot, center in zip(points, dots, centers, strict=True):
        others = [box for box in taken if box is not dot]
        apart = [box for box in taken if not dot.overlaps(box)]
        for offset in (*_NEAR, *_FAR):
            far = offset in _FAR
            text = _annotate(axes, point, offset, far)
            text.update_positions(renderer)
            box = Text.get_window_extent(text, renderer)  # without the line
            box = box.padded((4 if far else 0.6) * scale)  # the nearest point is to be its own
            end = (box.x0 if offset[0] > 0 else box.x1, (box.y0 + box.y1) / 2)
            leader = [Path([center, end])] if far else []
            free = not (any(map(box.overlaps, others)) or _cross(lines, [box]))
            if free and not _cross(leader, apart) and _within(box, area):
                taken.append(box)
                lines += leader
                break
            text.remove()
        else:
            left_out += 1
    return left_out


def _renderer(figure: Figure) -> Any:
    return figure.canvas.get_renderer()  # type: ignore[attr-defined]


def _annotate(axes: Axes, point: Label, offset: tuple[int, int], far: bool) -> Any:
    """Write the name of a point at an offset, far ones with a line to the point."""
    right = offset[0]
    line = {
        "arrowstyle": "-", "lw": 0.5, "color": point.color, "shrinkA": 0, "shrinkB": 3,
        "relpos": (0 if right > 0 else 1, 0.5),
    }  # fmt: skip
    return axes.annotate(
        style.shorten(point.text, 22), (point.x, point.y), offset, textcoords="offset points",
        color=point.color, fontsize=FONT, va="center", arrowprops=line if far else None,
        ha="left" if right > 0 else "right" if right else "center",
    )  # fmt: skip


def _cross(lines: Sequence[Path], boxes: Sequence[Bbox]) -> bool:
    return any(line.intersects_bbox(box, filled=False) for line in lines for box in boxes)


def _within(box: Bbox, area: Bbox) -> bool:
    return bool(area.x0 <= box.x0 and box.x1 <= area.x1 and area.y0 <= box.y0 and box.y1 <= area.y1)
