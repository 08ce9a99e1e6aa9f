"""The look of all plots: colors, fonts, and names short enough for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import pandas as pd

INK = "#1f2933"
SOFT = "#5d6b7a"
LINE = "#d3dae2"
PAPER = "#ffffff"
BAND = "#eceff3"
AMBER = "#ffc53d"
BETTER = "#0b6fb8"
WORSE = "#c8501e"
SAME = "#3d7a68"
OPEN = "#6b7785"

SERIES = (
    "#0072b2", "#d55e00", "#008a64", "#b0508c", "#9a7400", "#2f8dc9", "#7a5bb5", "#7f8c2d",
)  # fmt: skip
"""Okabe and Ito's palette, its light colors darkened so that labels can be read on white."""

CROWD = 12
"""Number of arms in a plot above which color no longer tells them apart."""
SHOWN = 8
"""Largest number of colored lines; in a larger plot only the best and the worst have a color."""
DOTTED = (0, (1.5, 2.5))

_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"], "font.size": 8.5, "text.parse_math": False, "text.color": INK,
    "axes.edgecolor": LINE, "axes.labelcolor": SOFT, "axes.labelsize": 8.5, "axes.linewidth": 0.8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": False,
    "axes.axisbelow": True, "axes.unicode_minus": True, "axes.facecolor": "none",
    "grid.color": LINE, "grid.linewidth": 0.6, "xtick.color": SOFT, "ytick.color": SOFT,
    "xtick.labelsize": 8, "ytick.labelsize": 8, "xtick.major.size": 3, "ytick.major.size": 0,
    "xtick.major.width": 0.8, "lines.linewidth": 1.6, "lines.solid_capstyle": "round",
    "figure.facecolor": PAPER, "savefig.facecolor": PAPER, "svg.hashsalt": "bench",
    "svg.fonttype": "none", "path.simplify": True,
}  # fmt: skip


@contextmanager
def look() -> Iterator[None]:
    """Apply the suite's settings, and restore the caller's afterwards."""
    with mpl.rc_context({**mpl.rcParamsDefault, **_SETTINGS, "backend": mpl.rcParams["backend"]}):
        yield


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows, their columns as attributes."""
    return frame.itertuples(index=False)


def shorten(name: str, limit: int = 26) -> str:
    """Put a name on one line, and cut out its middle if it is longer than `limit` characters.

    The longer part is the end, where names of one stack or sweep differ.
    """
    clean = "".join(c if c.isprintable() else " " for c in name)
    if len(clean) <= limit:
        return clean
    head = (limit - 1) // 3
    return f"{clean[:head]}\N{HORIZONTAL ELLIPSIS}{clean[-(limit - 1 - head) :]}"


def colors(treated: Sequence[str], controls: Sequence[str] = ()) -> dict[str, str]:
    """Give each arm a color for all plots of a study; the ninth arm gets the first color again.

    Controls are grey.
    """
    hues = {arm: SERIES[i % len(SERIES)] for i, arm in enumerate(treated)}
    return {**hues, **dict.fromkeys(controls, OPEN)}


def named(ranked: Sequence[str], hues: Mapping[str, str]) -> dict[str, str]:
    """Choose the lines with a name, and their colors: all, or the best four and the worst three.

    Args:
        ranked: Arms, best first.
        hues: Arm to color. Where some arms are left out, the chosen ones get new colors.
    """
    if len(ranked) <= SHOWN:
        return {arm: hues[arm] for arm in ranked}
    return colors([*ranked[:4], *ranked[-3:]])
