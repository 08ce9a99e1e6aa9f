"""Small drawings written as SVG by hand: an interval, a curve beside its baseline, raw seeds.

Their colors come from the page's style sheet. Matplotlib would take a hundred times the bytes and
seconds, and the page has one drawing for each strategy and task.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

import pandas as pd

from bench.report.texts import signed

Scale = Callable[[float], float]


def interval(effect: float, low: float, high: float, margin: float, limit: float, css: str) -> str:
    """Draw an effect with its interval from -limit to limit, the margin as a band; no text.

    Args:
        css: Class that gives the color of the verdict.
    """
    if not math.isfinite(effect):
        return ""
    width, height = 96.0, 16.0
    x = _scale(-limit, limit, 2, width - 2)
    bar = ""
    if math.isfinite(low):
        bar = f'<path d="M{x(low):.1f} 8H{x(high):.1f}" class="bar {css}"/>'
    band = max(x(margin) - x(-margin), 0)
    return (
        f'<svg class="spark" viewBox="0 0 {width:g} {height:g}" aria-hidden="true">'
        f'<rect x="{x(-margin):.1f}" width="{band:.1f}" height="{height:g}" class="band"/>'
        f'<path d="M{x(0):.1f} 0V16" class="zero"/>{bar}'
        f'<circle cx="{x(effect):.1f}" cy="8" r="3.2" class="dot {css}"/></svg>'
    )


def curve(arm: pd.DataFrame, baseline: pd.DataFrame, label: str) -> str:
    """Draw the arm's mean curve and band, and the baseline's dashed mean.

    Args:
        arm: A row per step: examples, mean, low, high (fractions).
        baseline: The same for its reference.
        label: Words for screen readers.
    """
    if arm.empty:
        return ""
    both = pd.concat([arm, baseline])
    width, height = 320.0, 150.0
    top, bottom = float(both["high"].max()), float(both["low"].min())
    last = float(both["examples"].max())
    x = _scale(0, last, 34, width - 6)
    y = _scale(bottom, top if top > bottom else bottom + 0.01, height - 22, 8)
    band = _points(arm, "high", x, y) + " " + _points(arm.iloc[::-1], "low", x, y)
    ticks = "".join(
        f'<text x="30" y="{y(value) + 3:.0f}" text-anchor="end">{value * 100:.0f}%</text>'
        f'<path d="M34 {y(value):.1f}H{width - 6:g}" class="grid"/>'
        for value in (bottom, (bottom + top) / 2, top)
    )
    return _small(
        width, height, label,
        f"{ticks}"
        f'<polygon points="{band}" class="area"/>'
        f'<polyline points="{_points(baseline, "mean", x, y)}" class="base"/>'
        f'<polyline points="{_points(arm, "mean", x, y)}" class="own"/>'
        f'<text x="34" y="{height - 8:g}">0</text>'
        f'<text x="{width - 6:g}" y="{height - 8:g}" text-anchor="end">{last:,.0f} examples</text>',
    )  # fmt: skip


def seeds(
    differences: Sequence[float], margin: float, limit: float, label: str, digits: int = 1
) -> str:
    """Draw a dot for each seed on an axis from -limit to limit; those beyond are at its ends."""
    finite = [value for value in differences if math.isfinite(value)]
    width, height = 320.0, 56.0
    x = _scale(-limit, limit, 8, width - 8)
    dots = "".join(
        f'<circle cx="{x(value):.1f}" cy="{22 + 5 * (i % 3 - 1)}" r="3.4" class="seed"/>'
        for i, value in enumerate(finite)
    )
    band = x(margin) - x(-margin)
    ticks = "".join(
        f'<text x="{x(value):.1f}" y="50" text-anchor="middle">{text}</text>'
        for value, text in (
            (-limit * 0.9, signed(-limit * 0.9, digits)), (0.0, "0"),
            (limit * 0.9, signed(limit * 0.9, digits)),
        )
    )  # fmt: skip
    return _small(
        width, height, label,
        f'<rect x="{x(-margin):.1f}" y="6" width="{band:.1f}" height="32" class="band"/>'
        f'<path d="M{x(0):.1f} 6V38" class="zero"/>{dots}{ticks}',
    )  # fmt: skip


def _small(width: float, height: float, label: str, content: str) -> str:
    return (
        f'<svg class="small" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label)}">{content}</svg>'
    )


def _points(line: pd.DataFrame, column: str, x: Scale, y: Scale) -> str:
    pairs = zip(line["examples"], line[column], strict=True)
    return " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in pairs)


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return start + (min(max(value, low), high) - low) / span * (end - start)

    return place
