"""Heat maps: interactions of pairs, and effects over regimes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.origin import Origin
from bench.report.plots.style import Plot, each

DIVERGING = LinearSegmentedColormap.from_list(
    "effects", [style.HURTS, "#f0c3ae", "#f6f7f9", "#aecfea", style.HELPS]
)

ON_DARK, ON_LIGHT = "#fdfdfd", "#1b242d"
"""Of numbers in cells, whose colors stay the same in dark mode."""


def interaction_plot(task: str, pairs: pd.DataFrame, origin: Origin) -> Plot:
    """What two strategies together give beyond the sum of both.

    Args:
        pairs: A row per pair: first, second (names), effect, low, high (percentage points).
    """
    names = sorted({*pairs["first"], *pairs["second"]})
    table = pd.DataFrame(np.nan, index=names[1:], columns=names[:-1])
    certain = pd.DataFrame(False, index=names[1:], columns=names[:-1])
    for row in each(pairs):
        above, below = sorted((row.second, row.first), reverse=True)
        table.loc[above, below] = row.effect
        certain.loc[above, below] = bool(row.low > 0 or row.high < 0)
    return heat_plot(
        f"interactions-{task}",
        f"Interactions on {style.shorten(task)}",
        "together less the sum of both, points of test accuracy; bold: interval without zero",
        table,
        certain,
        origin,
    )


def heat_plot(
    name: str,
    title: str,
    subtitle: str,
    table: pd.DataFrame,
    certain: pd.DataFrame,
    origin: Origin,
    axis_names: Sequence[str] = ("", ""),
) -> Plot:
    """Numbers in colored cells: blue above zero, orange below, the color scale symmetric.

    Args:
        table: Percentage points; NaN leaves a cell empty.
        certain: Of the same shape: whose number is printed bold.
        axis_names: Below and at the left of the map.
    """
    values = table.to_numpy(float)
    longest = max(len(style.shorten(str(n), 22)) for n in table.columns)
    turned = len(table.columns) > 5 or longest > 12
    below = 0.3 + (0.042 * longest if turned else 0.0) + (0.15 if axis_names[0] else 0.0)
    known = np.isfinite(values)
    limit = max(float(np.abs(values[known]).max(initial=0.0)), 0.1)
    rows, columns = values.shape
    cell = 0.36 if rows <= 16 else 0.2

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        figure.subplots_adjust(left=0.27, right=0.97)
        axes.pcolormesh(
            np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, np.ma.masked_invalid(values),
            cmap=DIVERGING, vmin=-limit, vmax=limit, edgecolors=style.PAPER, linewidth=2,
        )  # fmt: skip
        axes.invert_yaxis()
        axes.set_yticks(range(rows), [style.shorten(str(n), 22) for n in table.index])
        axes.set_xticks(
            range(columns), [style.shorten(str(n), 22) for n in table.columns],
            rotation=35 if turned else 0, ha="right" if turned else "center",
            rotation_mode="anchor",
        )  # fmt: skip
        axes.tick_params(length=0)
        for edge in axes.spines.values():
            edge.set_visible(False)
        axes.set_xlabel(axis_names[0])
        axes.set_ylabel(axis_names[1])
        if columns > 16:
            return
        for y in range(rows):
            for x in range(columns):
                value = values[y, x]
                if np.isfinite(value):
                    text = f"{round(value, 1) + 0.0:+.1f}".replace("-", "\N{MINUS SIGN}")
                    strong = bool(certain.iloc[y, x])
                    axes.text(
                        x, y, text, ha="center", va="center_baseline", fontsize=8,
                        color=ON_DARK if abs(value) > 0.7 * limit else ON_LIGHT,
                        weight="bold" if strong else "normal",
                    )  # fmt: skip

    cells = [(table.index[y], table.columns[x], values[y, x]) for y, x in np.argwhere(known)]
    cells.sort(key=lambda cell: -abs(cell[2]))
    parts = "; ".join(f"{a} and {b} {value:+.1f}" for a, b, value in cells[:8])
    return style.draw(
        name, title, f"{title}: largest values {parts}.", origin,
        height=0.2 + below + cell * rows, paint=paint, subtitle=subtitle, below=below,
    )  # fmt: skip
