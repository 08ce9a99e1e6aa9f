"""The one look of all plots: colors, fonts, the strip that marks synthetic data, saving.

Figures are made through Matplotlib's object API on the Agg canvas, under `look()`, so that no
global state of the caller changes and identical data give identical bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from bench.report.plots.origin import SYNTHETIC, Origin
from bench.storage.files import write_atomic

INK = "#1f2933"
SOFT = "#5d6b7a"
LINE = "#d3dae2"
PAPER = "#ffffff"
BAND = "#eceff3"
AMBER = "#ffc53d"
HELPS = "#0b6fb8"
HURTS = "#c8501e"
SAME = "#3d7a68"
OPEN = "#6b7785"

SERIES = (
    "#0072b2",
    "#d55e00",
    "#008a64",
    "#b0508c",
    "#9a7400",
    "#2f8dc9",
    "#7a5bb5",
    "#7f8c2d",
)
"""Okabe and Ito's palette, its light colors darkened so that labels can be read on white."""

CROWD = 12
"""With more arms than this in a plot, color no longer tells arms apart."""
SHOWN = 8
"""More lines than this are drawn in grey, but for the best and the worst."""
WIDTH = 6.0
"""Inches; narrow, so that text stays readable on a phone."""
DPI = 200

_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "xtick.major.width": 0.8,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "bench",
    "svg.fonttype": "none",
    "path.simplify": True,
}


@dataclass(frozen=True)
class Plot:
    """A finished plot, in both formats."""

    name: str
    """File name without its ending."""
    title: str
    alt: str
    """What a reader who cannot see it should know."""
    png: bytes
    svg: str

    def write(self, folder: Path) -> list[Path]:
        """`<name>.png` and `<name>.svg` in the folder.

        Raises:
            BenchError: the folder cannot be written.
        """
        contents = {".png": self.png, ".svg": self.svg.encode()}
        for end, content in contents.items():
            write_atomic(folder / f"{self.name}{end}", content)
        return [folder / f"{self.name}{end}" for end in contents]


@contextmanager
def look() -> Iterator[None]:
    """The suite's settings, and the caller's again afterwards."""
    with mpl.rc_context({**mpl.rcParamsDefault, **_SETTINGS, "backend": mpl.rcParams["backend"]}):
        yield


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
    """A plot with title, subtitle, origin and, for synthetic data, the strip that says so.

    `paint` gets a figure whose subplot area leaves room for these; `height` (inches) is that of
    the area between the header and the footer, axis labels (`below`) included.
    """
    with look():
        header = (0.56 if subtitle else 0.38) + (0.30 if origin.synthetic else 0.0)
        footer = 0.24
        total = height + header + footer
        figure = Figure(figsize=(WIDTH, total), dpi=DPI)
        FigureCanvasAgg(figure)
        figure.subplots_adjust(bottom=(footer + below) / total, top=1 - header / total)
        top = total
        if origin.synthetic:
            _strip(figure, total)
            top -= 0.30
        left = 0.12 / WIDTH
        figure.text(
            left, (top - 0.10) / total, title, ha="left", va="top", fontsize=11, weight="bold"
        )
        if subtitle:
            figure.text(
                left, (top - 0.33) / total, subtitle, ha="left", va="top", fontsize=8.5, color=SOFT
            )
        figure.text(left, 0.07 / total, shorten(origin.caption, 104), fontsize=6.5, color=SOFT)
        paint(figure)
        return Plot(name, title, alt, _png(figure), _svg(figure, title))


def _strip(figure: Figure, total: float) -> None:
    share = 0.26 / total
    figure.add_artist(
        Rectangle((0, 1 - share), 1, share, transform=figure.transFigure, color=AMBER, lw=0)
    )
    figure.text(
        0.5, 1 - share / 2, SYNTHETIC, ha="center", va="center_baseline", fontsize=9.5,
        weight="bold", color="#201500",
    )  # fmt: skip
    figure.text(
        0.5, 0.45, "SYNTHETIC", ha="center", va="center", fontsize=44, weight="bold",
        color=AMBER, alpha=0.16, rotation=20, zorder=0,
    )  # fmt: skip


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def _svg(figure: Figure, title: str) -> str:
    buffer = io.StringIO()
    none = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata={**none, "Title": title})
    return slim(buffer.getvalue())


_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_FONT = "'DejaVu Sans'"


def slim(svg: str) -> str:
    """The same drawing in fewer bytes: two decimals, no comments, no unused identifiers."""
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


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows, columns as attributes."""
    return frame.itertuples(index=False)


def shorten(name: str, limit: int = 26) -> str:
    """A name on one line, where it is longer than `limit` characters its middle cut out.

    More is kept of the end: names of one stack or sweep differ there.
    """
    clean = "".join(c if c.isprintable() else " " for c in name)
    if len(clean) <= limit:
        return clean
    head = (limit - 1) // 3
    return f"{clean[:head]}\N{HORIZONTAL ELLIPSIS}{clean[-(limit - 1 - head) :]}"


def colors(treated: Sequence[str], controls: Sequence[str] = ()) -> dict[str, str]:
    """A color an arm, the same in every plot of a study; the ninth begins again, controls grey."""
    hues = {arm: SERIES[i % len(SERIES)] for i, arm in enumerate(treated)}
    return {**hues, **dict.fromkeys(controls, OPEN)}


def named(ranked: Sequence[str], hues: Mapping[str, str]) -> tuple[list[str], Mapping[str, str]]:
    """Which lines of a plot get a color and a name: all, or the best four and the worst three.

    Args:
        ranked: Arms, best first.
        hues: Arm to color; where some are left out, the others get colors of their own.
    """
    if len(ranked) <= SHOWN:
        return list(ranked), hues
    chosen = [*ranked[:4], *ranked[-3:]]
    return chosen, colors(chosen)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions nearest to the wanted ones, in the same order, `gap` apart, in [low, high].

    Least squares by pooling neighbors that are too near. Where all do not fit, the gap shrinks.
    """
    count = len(wanted)
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = sorted(range(count), key=lambda i: wanted[i])
    pools: list[list[float]] = []  # of what each would like its pool's first position to be
    for rank, i in enumerate(order):
        pools.append([wanted[i] - rank * gap])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    starts = [_mean(pool) for pool in pools for _ in pool]
    result = [0.0] * count
    for rank, i in enumerate(order):
        start = min(max(starts[rank], low), high - (count - 1) * gap)
        result[i] = start + rank * gap
    return result


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def width(figure: Figure, texts: Iterable[str], font: float = 8.0, bold: bool = False) -> float:
    """Of the longest text, as a share of the figure's width."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    properties = FontProperties(size=font, weight="bold" if bold else "normal")
    pixels = (
        renderer.get_text_width_height_descent(text, properties, ismath=False)[0] for text in texts
    )
    return float(max(pixels, default=0.0)) / float(figure.bbox.width)


def end_labels(axes: Axes, items: Sequence[tuple[str, float, float, str]]) -> None:
    """Direct labels right of the axes for lines, moved apart where crowded.

    Args:
        items: (text, x, y, color) each: where the line ends, in the units of the data.
    """
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    font = 8.0
    room = width(figure, (text for text, *_ in items), font) + 0.045
    figure.subplots_adjust(right=1 - min(room, 0.45))
    low, high = axes.get_ylim()
    height = axes.get_position().height * figure.get_figheight() * 72
    gap = (high - low) * font * 1.22 / height
    places = spread([y for *_, y, _ in items], gap, low, high)
    right = axes.get_xlim()[1]
    step = (right - axes.get_xlim()[0]) * 0.03
    for (text, x, y, color), place in zip(items, places, strict=True):
        axes.plot(
            [x, right + step * 0.9], [y, place], color=color, lw=0.6, alpha=0.6, clip_on=False
        )
        axes.text(right + step, place, text, color=color, fontsize=font, va="center_baseline")
