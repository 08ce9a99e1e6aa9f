"""Effect per strategy: interval, raw seeds, margin of relevance, null range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Transform, blended_transform_factory
from scipy import stats

from bench.core.metric import Metric
from bench.report.plots import style
from bench.report.plots.canvas import Plot, change, draw
from bench.report.plots.labels import width
from bench.report.plots.origin import Origin
from bench.report.plots.outliers import usual
from bench.report.plots.style import each
from bench.report.texts import interval, joined, signed
from bench.report.verdicts import KINDS, SHORT

COLORS = {"better": style.BETTER, "worse": style.WORSE, "same": style.SAME, "open": style.OPEN}
"""Kind of a verdict -> color."""
LABEL = 40
"""Characters of a label: enough for `modern_image[without stochastic_depth]`."""


def effect_plot(
    task: str,
    effects: pd.DataFrame,
    points: pd.DataFrame,
    judged: Metric,
    margin: float,
    origin: Origin,
) -> Plot:
    """Draw the forest of one task, the best strategy on top, controls below; better is to the right.

    Args:
        effects: A row per arm with arm, reference, label (which names a reference that is not the
            baseline, where the arm's name does not tell it), role, group (its heading; empty: no
            groups), effect, low, high (in the unit of the metric), shrunk (the effect drawn toward the
            mean of all; NaN without one), n, sd (of paired differences), verdict.
        points: A row per arm and seed with arm, seed, difference.
        judged: Metric of the effects.
        margin: Margin of practical relevance.
    """
    rows, headings = _placed(effects, judged)
    count = len(rows) + len(headings)
    limits = _limits(rows, points, margin)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        labels = [style.shorten(label, LABEL) for label in rows["label"]]
        figures = [numbers(row, judged) for row in each(rows)]
        numbers_width = width(figure, figures, 8.5)
        words_width = width(figure, map(_word, each(rows)), bold=True)
        left, right = 0.045 + width(figure, labels), 0.93 - numbers_width - words_width
        figure.subplots_adjust(left=left, right=right)
        axes.set_ylim(count - 0.4, -0.6)
        axes.set_xlim(*limits[:: judged.sign])
        axes.axvspan(-margin, margin, color=style.BAND, lw=0, zorder=0)
        axes.axvline(0, color=style.SOFT, lw=0.9, zorder=1)
        for x in null_range(rows):
            axes.axvline(x, color=style.SOFT, lw=0.8, ls=style.DOTTED, zorder=1)
        seeds = {arm: raw.sort_values("seed") for arm, raw in points.groupby("arm")}
        for row, text in zip(each(rows), figures, strict=True):
            y = row.y
            if row.arm in seeds:
                _seeds(axes, y, seeds[row.arm]["difference"].to_numpy(float), _color(row))
            _intervals(axes, y, row)
            look = {"transform": axes.get_yaxis_transform(), "va": "center_baseline"}
            at = [
                (x - left) / (right - left) for x in (right + 0.02, right + 0.045 + numbers_width)
            ]
            weight = "bold" if row.verdict in KINDS else "normal"
            axes.text(at[0], y, text, color=style.INK, **look)
            axes.text(at[1], y, _word(row), color=_color(row), weight=weight, fontsize=8, **look)
        axes.set_yticks(rows["y"], labels)
        for heading, y in headings.items():
            figure.text(
                0.02, y, heading, transform=_page_and_row(figure, axes), color=style.SOFT,
                fontsize=8, va="center_baseline",
            )  # fmt: skip
        for label, role in zip(axes.get_yticklabels(), rows["role"], strict=True):
            label.set_color(style.SOFT if role == "control" else style.INK)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(judged.change)
        axes.xaxis.set_major_formatter(change)

    return draw(
        f"effect-{task}",
        f"Effect on {style.shorten(task)}: what each strategy changes",
        _alt(task, rows, judged, int(points["seed"].nunique())),
        origin,
        height=0.62 + (0.30 if count <= 16 else 0.21) * count,
        paint=paint,
        subtitle=_subtitle(rows, margin),
    )


def _placed(effects: pd.DataFrame, judged: Metric) -> tuple[pd.DataFrame, dict[str, int]]:
    """Give each row its place `y`: by group, best first, arms without an effect last, then controls.

    Returns:
        the rows in the order of their places, and heading -> its place.
    """
    groups = list(dict.fromkeys(effects["group"]))
    rows = effects.assign(
        last=effects["role"] == "control", number=effects["group"].map(groups.index)
    )
    rows = rows.sort_values(
        ["last", "number", "effect", "arm"],
        ascending=[True, True, not judged.more_is_better, True],
        na_position="last",
    ).drop(columns=["last", "number"])
    headings: dict[str, int] = {}
    places: list[int] = []
    for group in rows["group"]:
        if group and group not in headings:
            headings[group] = len(places) + len(headings)
        places.append(len(places) + len(headings))
    return rows.assign(y=places), headings


def _page_and_row(figure: Figure, axes: Axes) -> Transform:
    """Return coordinates whose x is a share of the page and whose y is a row."""
    return blended_transform_factory(figure.transFigure, axes.transData)


def _limits(rows: pd.DataFrame, points: pd.DataFrame, margin: float) -> tuple[float, float]:
    """Choose the limits of the axis; outliers (a diverged seed) get a mark at its end."""
    edges = rows[["low", "high", "effect"]].to_numpy(float).ravel()
    values = np.concatenate([edges, points["difference"].to_numpy(float), [-margin, margin]])
    values = usual(values, margin)
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low)
    return low - room, high + room


def null_range(rows: pd.DataFrame) -> tuple[float, ...]:
    """Return the range that holds the estimate of an arm without an effect with 95% probability.

    Such an arm is taken to spread over seeds as the controls do. The interval of a control itself is
    no such range: an arm without an effect lies outside it in more than 5 of 100 studies.

    Args:
        rows: role, n (seeds), sd (of paired differences).

    Returns:
        Both ends, or nothing without a control of two seeds.
    """
    controls = rows.loc[(rows["role"] == "control") & (rows["n"] > 1), ["sd", "n"]].dropna()
    if controls.empty:
        return ()
    df = controls["n"] - 1
    sd = math.sqrt(np.average(controls["sd"] ** 2, weights=df))
    half = stats.t.isf(0.025, df.sum()) * sd / math.sqrt(controls["n"].min())
    return -half, half


def _subtitle(rows: pd.DataFrame, margin: float) -> str:
    settings = rows["reference"].str.contains("[", regex=False) & (rows["label"] == rows["arm"])
    left_out = any(row.arm.startswith(f"{row.reference}[without ") for row in each(rows))
    crowded = settings.any() or left_out  # one line has room for so much
    keys = {
        f"grey: \N{PLUS-MINUS SIGN}{margin:g}"
        + ("" if crowded else ", no practical difference"): True,
        "tick: shrunk": rows["shrunk"].notna().any(),
        "dotted: 95% of null arms": null_range(rows),
        "a[\N{HORIZONTAL ELLIPSIS}] vs its baseline[\N{HORIZONTAL ELLIPSIS}]": settings.any(),
        "a[without b] vs a": left_out,
        "dots: seeds": True,
    }
    return "; ".join(key for key, is_shown in keys.items() if is_shown)


def _seeds(axes: Axes, y: int, differences: np.ndarray, color: str) -> None:
    """Draw a dot for each seed, and a mark at the end of the axis where some lie beyond it."""
    left, right = axes.get_xlim()
    low, high = sorted((left, right))
    inside = differences[(differences >= low) & (differences <= high)]
    axes.scatter(inside, np.full(len(inside), y + 0.27), s=9, color=color, alpha=0.4, lw=0)
    for beyond, x in ((differences < low, low), (differences > high, high)):
        marker = "<" if x == left else ">"
        if beyond.any():
            axes.scatter([x], [y], s=22, color=color, marker=marker, lw=0, zorder=3, clip_on=False)


def _intervals(axes: Axes, y: int, row: Any) -> None:
    """Draw an effect, its interval and a tick at the shrunk effect, cut at the ends of the axis."""
    if not math.isfinite(row.effect):
        return
    color, limits = _color(row), sorted(axes.get_xlim())
    start, end, effect, shrunk = np.clip([row.low, row.high, row.effect, row.shrunk], *limits)
    axes.plot([start, end], [y, y], color=color, lw=2.0)  # a missing interval draws nothing
    axes.scatter([effect], [y], s=34, color=color, edgecolor="white", lw=0.9, zorder=4)
    if math.isfinite(shrunk):
        axes.scatter([shrunk], [y], s=70, color=style.INK, marker="|", lw=1.3, zorder=5)


def _color(row: Any) -> str:
    if row.role == "control":
        return style.OPEN
    return COLORS.get(KINDS.get(row.verdict, ""), style.INK)


def numbers(row: Any, judged: Metric) -> str:
    """Write `+4.2 [3.1, 5.3]`."""
    if not math.isfinite(row.effect):
        return "no comparison"
    return joined(signed(row.effect, judged.digits), interval(row.low, row.high, judged.digits))


def _word(row: Any) -> str:
    return "A/A control" if row.role == "control" else SHORT.get(row.verdict, row.verdict or "")


def _alt(task: str, rows: pd.DataFrame, judged: Metric, seeds: int) -> str:
    parts = [
        f"{joined(row.label, numbers(row, judged), judged.unit)}, {_word(row)}"
        for row in each(rows)
    ][:12]
    more = f"; and {len(rows) - 12} more" if len(rows) > 12 else ""
    return f"Effects on {task} over {seeds} seeds, best first: {'; '.join(parts)}{more}."
