"""Heat maps: interactions of pairs, and effects over regimes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from bench.analysis.verdict import ALPHA
from bench.core.metric import Metric
from bench.report.plots import style
from bench.report.plots.canvas import Plot, draw
from bench.report.plots.origin import Origin
from bench.report.plots.style import each
from bench.report.texts import signed

DIVERGING = LinearSegmentedColormap.from_list(
    "effects", [style.WORSE, "#f0c3ae", "#f6f7f9", "#aecfea", style.BETTER]
)
ON_DARK, ON_LIGHT = "#fdfdfd", "#1b242d"
"""Colors of numbers in cells; cells keep their colors in dark mode."""
LABEL = 22
"""Characters of a name beside the map."""


def interaction_plot(task: str, pairs: pd.DataFrame, judged: Metric, origin: Origin) -> Plot:
    """Draw the effect of two strategies together beyond the sum of both.

    Args:
        pairs: A row per pair: first, second (names), effect (of the metric), p_adjusted.
        judged: Metric of the effects.
    """
    names = sorted({*pairs["first"], *pairs["second"]})
    table = pd.DataFrame(np.nan, index=names[1:], columns=names[:-1])
    certain = pd.DataFrame(False, index=names[1:], columns=names[:-1])
    for row in each(pairs):
        below, above = sorted((row.first, row.second))
        table.loc[above, below] = row.effect
        certain.loc[above, below] = bool(row.p_adjusted < ALPHA)
    return heat_plot(
        f"interactions-{task}",
        f"Interactions on {style.shorten(task)}",
        f"together less the sum of both, {judged.measure}; bold: adjusted p < .05",
        table,
        certain,
        judged,
        origin,
    )


def heat_plot(
    name: str,
    title: str,
    subtitle: str,
    table: pd.DataFrame,
    certain: pd.DataFrame,
    judged: Metric,
    origin: Origin,
    axis_name: str = "",
    shrunk: pd.DataFrame | None = None,
) -> Plot:
    """Draw changes in colored cells: blue where better, orange where worse, on a symmetric scale.

    Args:
        table: Changes of the metric, in its unit; NaN leaves a cell empty.
        certain: Booleans of the same shape; the numbers in these cells are bold.
        axis_name: Text below the map.
        shrunk: Numbers of the same shape, written below the others in brackets.
    """
    values = table.to_numpy(float)
    at_left, at_bottom = (
        [style.shorten(str(label), LABEL) for label in axis]
        for axis in (table.index, table.columns)
    )
    longest = max(map(len, at_bottom))
    turned = len(at_bottom) > 5 or longest > 12
    below = 0.3 + (0.042 * longest if turned else 0.0) + (0.15 if axis_name else 0.0)
    filled = np.isfinite(values)
    limit = max(float(np.abs(values[filled]).max(initial=0.0)), 0.1 * judged.margin_of())
    rows, columns = values.shape
    colors = DIVERGING if judged.more_is_better else DIVERGING.reversed()

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        figure.subplots_adjust(left=0.27, right=0.97)
        axes.pcolormesh(
            np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, np.ma.masked_invalid(values),
            cmap=colors, vmin=-limit, vmax=limit, edgecolors=style.PAPER, linewidth=2,
        )  # fmt: skip
        axes.invert_yaxis()
        axes.set_yticks(range(rows), at_left)
        axes.set_xticks(
            range(columns), at_bottom, rotation=35 if turned else 0,
            ha="right" if turned else "center", rotation_mode="anchor",
        )  # fmt: skip
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(axis_name)
        if columns <= 16:
            below_them = None if shrunk is None else shrunk.to_numpy(float)
            _write_numbers(axes, values, certain.to_numpy(bool), limit, below_them, judged.digits)

    cells = [(table.index[y], table.columns[x], values[y, x]) for y, x in np.argwhere(filled)]
    cells.sort(key=lambda cell: -abs(cell[2]))
    largest = "; ".join(f"{a} and {b} {value:+.{judged.digits}f}" for a, b, value in cells[:8])
    return draw(
        name, title, f"{title}: largest values {largest}.", origin,
        height=0.2 + below + (0.36 if rows <= 16 else 0.2) * rows, paint=paint, subtitle=subtitle,
        below=below,
    )  # fmt: skip


def _write_numbers(
    axes: Axes,
    values: np.ndarray,
    certain: np.ndarray,
    limit: float,
    shrunk: np.ndarray | None,
    digits: int,
) -> None:
    """Write each cell's number, and the shrunk one below it."""
    for (y, x), value in np.ndenumerate(values):
        color = ON_DARK if abs(value) > 0.7 * limit else ON_LIGHT
        weight = "bold" if certain[y, x] else "normal"
        look = {"ha": "center", "va": "center_baseline", "color": color}
        second = "" if shrunk is None else signed(float(shrunk[y, x]), digits)
        rise = 0.17 if second else 0.0
        text = signed(float(value), digits)
        axes.text(x, y - rise, text, fontsize=8, weight=weight, **look)
        axes.text(x, y + 0.24, second and f"({second})", fontsize=6.5, **look)
