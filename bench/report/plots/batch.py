"""Pictures of a batch before and after each strategy that changes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.canvas import Plot, draw
from bench.report.plots.origin import Origin

LEAST_SHARE = 0.005
"""Smallest share of a label that is written under an image."""
ROW = 0.96
"""Inches."""


def batch_plot(
    name: str, rows: Sequence[tuple[str, np.ndarray, np.ndarray]], origin: Origin
) -> Plot:
    """Draw a row of images for each strategy, with the shares of the labels below each image.

    Args:
        rows: strategy ("" for none, which comes first), images [N, H, W, 3] in [0, 1], soft
            labels [N, K].
    """
    count = len(rows[0][1])

    def paint(figure: Figure) -> None:
        figure.subplots_adjust(left=0.21, right=0.99, hspace=0.34, wspace=0.06)
        grid = figure.subplots(len(rows), count, squeeze=False)
        for line, (strategy, images, targets) in zip(grid, rows, strict=True):
            for axes, image, target in zip(line, images, targets, strict=True):
                axes.imshow(image, interpolation="nearest")
                axes.set_axis_off()
                axes.text(
                    0.5, -0.04, shares(target), transform=axes.transAxes, ha="center", va="top",
                    fontsize=5.5, color=style.SOFT,
                )  # fmt: skip
            line[0].text(
                -0.14, 0.5, style.shorten(strategy or "as it is", 18), ha="right", va="center",
                transform=line[0].transAxes, fontsize=8, color=style.INK,
            )  # fmt: skip

    strategies = ", ".join(strategy for strategy, *_ in rows if strategy)
    return draw(
        name,
        "What each strategy does to a batch",
        f"{count} images as they are and after each of: {strategies}.",
        origin,
        height=ROW * len(rows),
        paint=paint,
        subtitle="the same images in each row; below: share of each label",
        below=0.1,
    )


def shares(target: np.ndarray) -> str:
    """Write a label as text: `3` for a hard one, `3 62% + 7 38%` for the largest two of a mix.

    Args:
        target: (K,) shares of the classes. Those below `LEAST_SHARE` are left out.
    """
    order = np.argsort(-target, kind="stable")
    present = [int(k) for k in order if target[k] >= LEAST_SHARE]
    if len(present) == 1:
        return str(present[0])
    return " + ".join(f"{k} {target[k]:.0%}" for k in present[:2])
