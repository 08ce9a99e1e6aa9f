"""Figures with one header, one footer and one way to save them.

Figures are made through Matplotlib's object API on the Agg canvas, under `style.look`, so that no
global state of the caller changes and identical data give identical bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench.report.plots import style
from bench.report.plots.origin import SYNTHETIC, Origin
from bench.report.texts import shown
from bench.storage.files import write_atomic

WIDTH = 6.0
"""Inches; narrow, so that text stays readable on a phone."""
DPI = 200
FOOTER = 0.24
"""Inches."""
STRIP = 0.30
"""Inches of the strip that marks synthetic data."""


@dataclass(frozen=True)
class Plot:
    """A finished plot, in both formats."""

    name: str
    """File name without its ending."""
    title: str
    alt: str
    """Description for readers who cannot see the plot."""
    png: bytes
    svg: str

    def write(self, folder: Path) -> list[Path]:
        """Write `<name>.png` and `<name>.svg` into the folder.

        Raises:
            BenchError: the folder cannot be written.
        """
        contents = {".png": self.png, ".svg": self.svg.encode()}
        for end, content in contents.items():
            write_atomic(folder / f"{self.name}{end}", content)
        return [folder / f"{self.name}{end}" for end in contents]


def draw(
    name: str,
    title: str,
    alt: str,
    origin: Origin,
    height: float,
    paint: Callable[[Figure], None],
    subtitle: str = "",
    below: float = 0.42,
) -> Plot:
    """Draw a plot with title, subtitle, origin and, for synthetic data, a strip that says so.

    Args:
        height: Inches between the header and the footer.
        paint: Function that fills the figure, whose subplot area leaves room for the rest.
        below: Inches of `height` for the labels of the horizontal axis.
    """
    with style.look():
        strip = STRIP if origin.synthetic else 0.0
        header = (0.56 if subtitle else 0.38) + strip
        total = height + header + FOOTER
        figure = Figure(figsize=(WIDTH, total), dpi=DPI)
        FigureCanvasAgg(figure)
        figure.subplots_adjust(bottom=(FOOTER + below) / total, top=1 - header / total)
        if origin.synthetic:
            _mark_synthetic(figure, total)
        left, top = 0.12 / WIDTH, total - strip
        figure.text(left, (top - 0.10) / total, title, va="top", fontsize=11, weight="bold")
        if subtitle:
            figure.text(left, (top - 0.33) / total, subtitle, va="top", color=style.SOFT)
        caption = style.shorten(origin.caption, 120)
        figure.text(left, 0.07 / total, caption, fontsize=6.5, color=style.SOFT)
        paint(figure)
        return Plot(name, title, alt, _png(figure), _svg(figure, title))


def panel(
    figure: Figure, left: float = 0.095, right: float | None = None, grid: Literal["x", "y"] = "y"
) -> Axes:
    """Add the plot's axes: with grid lines, without an edge at the left."""
    axes = figure.add_subplot()
    figure.subplots_adjust(left=left, right=right)
    axes.grid(axis=grid)
    axes.spines["left"].set_visible(False)
    return axes


def count_examples(axes: Axes) -> None:
    """Show whole numbers with commas on the horizontal axis, few enough to stay apart."""
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.get_major_locator().set_params(nbins=5)


def change(amount: float, _: object = None) -> str:
    """Write a change at a tick of an axis: `+5`, `0`."""
    return shown(amount, "+.3g") if amount else "0"


def _mark_synthetic(figure: Figure, total: float) -> None:
    share = 0.26 / total
    figure.add_artist(
        Rectangle((0, 1 - share), 1, share, transform=figure.transFigure, color=style.AMBER, lw=0)
    )
    figure.text(
        0.5, 1 - share / 2, SYNTHETIC, ha="center", va="center_baseline", fontsize=9.5,
        weight="bold", color="#201500",
    )  # fmt: skip
    figure.text(
        0.5, 0.45, "SYNTHETIC", ha="center", va="center", fontsize=44, weight="bold",
        color=style.AMBER, alpha=0.16, rotation=20, zorder=0,
    )  # fmt: skip


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def _svg(figure: Figure, title: str) -> str:
    buffer = io.StringIO()
    none = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata={**none, "Title": title})
    return _slim(buffer.getvalue())


_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_FONT = "'DejaVu Sans'"


def _slim(svg: str) -> str:
    """Shorten an SVG: two decimals, no comments, no unused identifiers."""
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # numbers of drawing attributes only: a text such as "p = 0.00123" stays as it is
    svg = re.sub(r"<[^>]+>", lambda tag: _NUMBER.sub(_rounded, tag.group()), svg)
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg))
    svg = re.sub(r' id="([^"]+)"', lambda m: m.group() if m.group(1) in used else "", svg)
    svg = svg.replace(_FONT, f"{_FONT}, Verdana, sans-serif")
    return re.sub(r"\s*\n\s*", "\n", svg)


def _rounded(match: re.Match[str]) -> str:
    text = f"{float(match.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
