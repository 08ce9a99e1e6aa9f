"""Effect per strategy: interval, raw seeds, margin of relevance, noise floor of the A/A arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.origin import Origin
from bench.report.plots.style import Plot, each

VERDICT_COLOR = {
    "helps": style.HELPS,
    "hurts": style.HURTS,
    "equivalent": style.SAME,
    "negligible": style.SAME,
    "inconclusive": style.OPEN,
}

LABEL = 40
"""Characters of a label: enough for `modern_image[without stochastic_depth]`."""


def effect_plot(
    task: str, effects: pd.DataFrame, points: pd.DataFrame, margin: float, origin: Origin
) -> Plot:
    """The forest of one task, best strategy on top, controls below.

    Args:
        effects: A row per arm with arm, reference, label (which names a reference that is not the
            baseline, where the arm's name does not tell it), role, effect, low, high
            (percentage points of test accuracy), equivalence_low, equivalence_high (90% interval),
            verdict.
        points: A row per arm and seed with arm, seed, difference (percentage points).
        margin: Of practical relevance, percentage points.
    """
    rows = _ordered(effects)
    count = len(rows)
    row_height = 0.30 if count <= 16 else 0.21
    low, high = _limits(rows, points, margin)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        labels = [style.shorten(label, LABEL) for label in rows["label"]]
        values = style.width(figure, map(numbers, each(rows)), 8.5)
        words = style.width(figure, map(_word, each(rows)), 8, bold=True)
        left, right = 0.045 + style.width(figure, labels), 0.93 - values - words
        figure.subplots_adjust(left=left, right=right)
        columns = [(x - left) / (right - left) for x in (right + 0.02, right + 0.045 + values)]
        axes.set_ylim(count - 0.4, -0.6)
        axes.set_xlim(low, high)
        axes.axvspan(-margin, margin, color=style.BAND, lw=0, zorder=0)
        axes.axvline(0, color=style.SOFT, lw=0.9, zorder=1)
        for x in _noise_floor(rows):
            axes.axvline(x, color=style.SOFT, lw=0.8, ls=(0, (1.5, 2.5)), zorder=1)
        for y, row in enumerate(each(rows)):
            _row(figure, y, row, points[points["arm"] == row.arm], (low, high), columns)
        axes.set_yticks(range(count), labels)
        for label, role in zip(axes.get_yticklabels(), rows["role"], strict=True):
            label.set_color(style.SOFT if role == "control" else style.INK)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("change of test accuracy, percentage points")
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:+.3g}".replace("-", "\N{MINUS SIGN}"))

    seeds = int(points["seed"].nunique()) if len(points) else 0
    own = rows["reference"].str.contains("[", regex=False) & (rows["label"] == rows["arm"])
    pairs = zip(rows["arm"], rows["reference"], strict=True)
    left_out = any(arm.startswith(f"{reference}[without ") for arm, reference in pairs)
    crowded = own.any() or left_out  # one line has room for so much
    relevance = "" if crowded else ", no practical difference"
    keys = [f"grey: \N{PLUS-MINUS SIGN}{margin:g}{relevance}"]
    if rows["equivalence_low"].notna().any():
        keys.append("thick: 90% interval")
    if _noise_floor(rows):
        keys.append("dotted: noise floor (A/A)")
    if own.any():
        keys.append("a[\N{HORIZONTAL ELLIPSIS}] vs its baseline[\N{HORIZONTAL ELLIPSIS}]")
    if left_out:
        keys.append("a[without b] vs a")
    return style.draw(
        f"effect-{task}",
        f"Effect on {style.shorten(task)}: what each strategy changes",
        _alt(task, rows, seeds),
        origin,
        height=0.62 + row_height * count,
        paint=paint,
        subtitle="; ".join(keys) + "; dots: seeds",
    )


def _ordered(effects: pd.DataFrame) -> pd.DataFrame:
    """Best first, arms without an effect after those with one, controls last."""
    rows = effects.assign(last=effects["role"] == "control")
    return rows.sort_values(
        ["last", "effect", "arm"], ascending=[True, False, True], na_position="last"
    ).drop(columns="last")


def _limits(rows: pd.DataFrame, points: pd.DataFrame, margin: float) -> tuple[float, float]:
    """An axis that shows what matters: far outliers (a diverged seed) are cut off, and marked."""
    edges = rows[["low", "high", "effect"]].to_numpy(float).ravel()
    values = np.concatenate([edges, points["difference"].to_numpy(float), [-margin, margin]])
    values = values[np.isfinite(values)]
    usual = 4 * float(np.quantile(np.abs(values), 0.75)) + margin
    kept = values[np.abs(values) <= usual]
    low, high = float(kept.min()), float(kept.max())
    room = 0.06 * (high - low)
    return low - room, high + room


def _noise_floor(rows: pd.DataFrame) -> list[float]:
    control = rows[rows["role"] == "control"][["low", "high"]].to_numpy(float)
    control = control[np.isfinite(control).all(axis=1)]
    return [float(control[:, 0].min()), float(control[:, 1].max())] if len(control) else []


def _row(
    figure: Figure,
    y: int,
    row: Any,
    points: pd.DataFrame,
    limits: tuple[float, float],
    columns: Sequence[float],
) -> None:
    axes = figure.axes[0]
    low, high = limits
    color = VERDICT_COLOR.get(row.verdict, style.INK)
    if row.role == "control":
        color = style.OPEN
    seeds = points.sort_values("seed")["difference"].to_numpy(float)
    inside = seeds[(seeds >= low) & (seeds <= high)]
    axes.scatter(inside, np.full(len(inside), y + 0.27), s=9, color=color, alpha=0.4, lw=0)
    for count, x, marker in (
        (int((seeds < low).sum()), low, "<"),
        (int((seeds > high).sum()), high, ">"),
    ):
        if count:
            axes.scatter([x], [y], s=22, color=color, marker=marker, lw=0, zorder=3, clip_on=False)
    if math.isfinite(row.effect):
        if math.isfinite(row.low):
            axes.plot(np.clip([row.low, row.high], low, high), [y, y], color=color, lw=1.3)
        if math.isfinite(row.equivalence_low):
            inner = np.clip([row.equivalence_low, row.equivalence_high], low, high)
            axes.plot(inner, [y, y], color=color, lw=3.4, solid_capstyle="butt")
        axes.scatter(
            [min(max(row.effect, low), high)], [y], s=34, color=color, edgecolor="white", lw=0.9,
            zorder=4,
        )  # fmt: skip
    right = axes.get_yaxis_transform()
    axes.text(columns[0], y, numbers(row), transform=right, va="center_baseline", color=style.INK)
    axes.text(
        columns[1], y, _word(row), transform=right, va="center_baseline",
        color=color, weight="bold" if row.verdict in VERDICT_COLOR else "normal", fontsize=8,
    )  # fmt: skip


def numbers(row: Any) -> str:
    """`+4.2 [3.1, 5.3]`."""
    if not math.isfinite(row.effect):
        return "no comparison"
    text = f"{_plain(row.effect):+.1f}"
    if math.isfinite(row.low):
        text += f" [{_plain(row.low):.1f}, {_plain(row.high):.1f}]"
    return text.replace("-", "\N{MINUS SIGN}")


def _plain(value: float) -> float:
    return round(value, 1) + 0.0  # no negative zero


def _word(row: Any) -> str:
    return "A/A control" if row.role == "control" else str(row.verdict or "")


def _alt(task: str, rows: pd.DataFrame, seeds: int) -> str:
    parts = [f"{row.label} {numbers(row)} points, {_word(row)}" for row in each(rows)][:12]
    more = f"; and {len(rows) - 12} more" if len(rows) > 12 else ""
    return f"Effects on {task} over {seeds} seeds, best first: {'; '.join(parts)}{more}."
