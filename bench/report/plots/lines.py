"""Lines of several arms: the unnamed ones grey, the named ones in color, the baseline dashed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from bench.report.plots import style
from bench.report.plots.labels import Label

DASHED = (0, (4, 1.6))


class ArmLine(NamedTuple):
    """One arm's points, in the units of the axes."""

    arm: str
    x: np.ndarray
    y: np.ndarray
    label: str
    low: np.ndarray | None = None
    """Lower edge of a band around the line."""
    high: np.ndarray | None = None


class Widths(NamedTuple):
    """Widths of lines, in points."""

    grey: float = 0.8
    named: float = 1.6
    baseline: float = 1.6


def draw_lines(
    axes: Axes,
    lines: Iterable[ArmLine],
    baseline: str,
    hues: Mapping[str, str],
    widths: Widths = Widths(),  # noqa: B008
    drawstyle: str = "default",
) -> list[Label]:
    """Draw lines in the order given; an arm without a color is grey.

    Returns:
        Labels for the ends of all lines but the grey ones.
    """
    ends = []
    for arm, x, y, label, low, high in lines:
        if arm != baseline and arm not in hues:
            axes.plot(x, y, color=style.LINE, lw=widths.grey, drawstyle=drawstyle)
            continue
        color = style.INK if arm == baseline else hues[arm]
        if low is not None and high is not None:
            axes.fill_between(x, low, high, color=color, alpha=0.11, lw=0)
        width = widths.baseline if arm == baseline else widths.named
        dashes = DASHED if arm == baseline else "-"
        axes.plot(x, y, color=color, ls=dashes, lw=width, drawstyle=drawstyle)
        if len(x) == 1:
            axes.plot(x, y, color=color, marker="o", ms=4)
        ends.append(Label(label, float(x[-1]), float(y[-1]), color))
    return ends
