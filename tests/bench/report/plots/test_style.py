from __future__ import annotations

import itertools

import matplotlib as mpl
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from bench.report.plots import style
from bench.report.plots.canvas import Plot, draw
from bench.report.plots.labels import spread
from bench.report.plots.origin import SYNTHETIC, Origin

REAL = Origin("tfds:cifar10:3.0.2", False, "none", "baseline gap 28.1 points")
FAKE = Origin("synthetic:cifar10:1", True, "batch_norm")


def plot(origin: Origin, title: str = "A title") -> Plot:
    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1.23456789], clip_on=True)
        axes.text(0.5, 0.5, "p = 0.00123 $x^2$")

    return draw("name", title, "alt", origin, 2.0, paint)


def test_identical_data_give_identical_bytes() -> None:
    assert plot(REAL) == plot(REAL)


def test_the_callers_settings_are_untouched() -> None:
    before = dict(mpl.rcParams)
    plot(FAKE)
    assert dict(mpl.rcParams) == before


def test_synthetic_data_is_marked_and_real_data_is_not() -> None:
    assert SYNTHETIC in plot(FAKE).svg
    assert "SYNTHETIC" not in plot(REAL).svg
    assert plot(FAKE).png != plot(REAL).png


def test_a_plot_says_its_data_base_and_gap() -> None:
    assert "tfds:cifar10:3.0.2 · plain baseline · baseline gap 28.1 points" in plot(REAL).svg
    assert "synthetic:cifar10:1 · base: batch_norm" in plot(FAKE).svg


def test_names_are_no_markup() -> None:
    svg = plot(REAL, "<script> & $x_1$").svg
    assert "&lt;script&gt; &amp; $x_1$" in svg
    assert "<script" not in svg


def test_slimming_keeps_texts_and_drops_dates() -> None:
    svg = plot(REAL).svg
    assert "p = 0.00123 $x^2$" in svg
    assert "date" not in svg.lower()
    assert "<metadata" not in svg


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=30),
    st.floats(0.5, 20),
)
def test_spread_labels_stay_apart_in_order_and_inside(wanted: list[float], gap: float) -> None:
    placed = spread(wanted, gap, 0, 100)
    fitting = min(gap, 100 / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    steps = [placed[b] - placed[a] for a, b in itertools.pairwise(order)]
    assert all(step >= fitting - 1e-9 for step in steps)
    assert min(placed) >= -1e-9
    assert max(placed) <= 100 + 1e-9


def test_spread_leaves_alone_what_is_apart() -> None:
    assert spread([10, 50, 30], 5, 0, 100) == [10, 50, 30]


def test_long_names_are_cut_in_the_middle() -> None:
    assert style.shorten("a" * 40 + "end", 20).endswith("end")
    assert len(style.shorten("x" * 99, 20)) == 20
    without = {style.shorten(f"modern_text[without {name}dropout]", 22) for name in ("", "word_")}
    assert any("word_" in name for name in without)
    assert style.shorten("two\nlines") == "two lines"


def test_with_many_lines_the_best_and_the_worst_are_named_in_different_colors() -> None:
    arms = [f"arm{i}" for i in range(30)]
    hues = style.named(arms, style.colors(arms))
    assert list(hues) == arms[:4] + arms[-3:]
    assert len(set(hues.values())) == 7
