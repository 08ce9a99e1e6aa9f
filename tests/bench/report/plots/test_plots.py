"""The drawings: their content, and labels that do not overlap."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from bench.analysis.verdict import WORSE
from bench.core.metrics import judged_metric
from bench.core.record import CalibrationBin
from bench.report.plots import style
from bench.report.plots.calibration import calibration_bins
from bench.report.plots.canvas import Plot
from bench.report.plots.convergence import convergence_plot
from bench.report.plots.cost import cost_plot
from bench.report.plots.curves import curve_bands, curve_plot
from bench.report.plots.effect import effect_plot, null_range
from bench.report.plots.heat import interaction_plot
from bench.report.plots.labels import Label, place_labels
from bench.report.plots.origin import Origin

WHERE = Origin("tfds:cifar10:3.0.2", False, "none")
ACCURACY, NLL = judged_metric(), judged_metric("nll")


def effects(count: int) -> pd.DataFrame:
    effect = np.linspace(-3, 3, count)
    return pd.DataFrame(
        {
            "arm": [f"arm{i:02d}" for i in range(count)],
            "label": [f"arm{i:02d}" for i in range(count)],
            "reference": "baseline",
            "role": "treatment",
            "group": "",
            "effect": effect,
            "low": effect - 1,
            "high": effect + 1,
            "shrunk": effect * 0.5,
            "verdict": WORSE,
            "n": 10,
            "sd": 2.0,
        }
    )


def points(rows: pd.DataFrame, shift: float = 0.0) -> pd.DataFrame:
    parts = [rows.assign(seed=s, difference=rows["effect"] + s - 1 + shift) for s in range(3)]
    return pd.concat(parts)[["arm", "seed", "difference"]]


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def bold(svg: str) -> list[str]:
    return re.findall(r'<text style="font-weight: 700[^>]*>([^<]*)</text>', svg)


def test_effects_are_ordered_with_the_control_last() -> None:
    rows = effects(5)
    rows.loc[4, ["label", "role"]] = ["baseline[A/A]", "control"]
    svg = effect_plot("cifar10", rows, points(rows), ACCURACY, 1.0, WHERE).svg
    drawn = texts(svg)
    names = [text for text in drawn if text.startswith(("arm", "baseline["))]
    ticks = re.findall(r'<use [^>]*style="fill: [^"]*stroke: #1f2933; stroke-width: 1.3', svg)
    assert len(ticks) == len(rows), "a shrunk effect for each arm"
    assert drawn.count("worse") == len(rows) - 1, "the short word"
    assert names == ["arm03", "arm02", "arm01", "arm00", "baseline[A/A]"]
    assert "+1.5 [0.5, 2.5]" in drawn
    assert any("95% of null arms" in text for text in drawn)
    assert any("tick: shrunk" in text for text in drawn)


def test_better_is_to_the_right_and_up_where_less_is_better() -> None:
    rows = effects(4).assign(
        pareto=False, ratio=[1.0, 1.1, 1.2, 1.3], ratio_low=1.0, ratio_high=1.4
    )
    rows[["effect", "low", "high", "shrunk"]] *= 0.01
    raw = points(rows).assign(difference=lambda r: r["difference"] * 0.01)
    svg = effect_plot("t", rows, raw, NLL, 0.01, WHERE).svg
    drawn = texts(svg)
    assert [t for t in drawn if t.startswith("arm")] == ["arm00", "arm01", "arm02", "arm03"]
    assert "\N{MINUS SIGN}0.030 [\N{MINUS SIGN}0.040, \N{MINUS SIGN}0.020]" in drawn
    assert "change of NLL (nats); less is better" in drawn
    assert position(svg, "\N{MINUS SIGN}0.04", "x") > position(svg, "+0.04", "x")
    hues = dict.fromkeys(rows["arm"], "black")
    svg = cost_plot("t", rows, NLL, "step time", hues, WHERE).svg
    assert "change of NLL (nats); less is better" in texts(svg)
    low, high = (position(svg, text, "y") for text in ("\N{MINUS SIGN}0.04", "+0.04"))
    assert low < high, "y of an SVG grows downward"


def position(svg: str, text: str, axis: str) -> float:
    """Return the place of the tick with a text, pixels of the picture."""
    tag = re.findall(rf"<text([^>]*)>{re.escape(text)}</text>", svg)[0]
    places = re.findall(r"translate\(([-\d.]+) ([-\d.]+)\)", tag) or [
        (re.findall(r'x="([-\d.]+)"', tag)[0], re.findall(r'y="([-\d.]+)"', tag)[0])
    ]
    return float(places[0]["xy".index(axis)])


def test_groups_have_headings_and_each_is_ordered_by_itself() -> None:
    rows = effects(5)
    rows["group"] = ["less", "less", "less", "more", "more"]
    drawn = texts(effect_plot("cifar10", rows, points(rows), ACCURACY, 1.0, WHERE).svg)
    names = [text for text in drawn if text.startswith("arm")]
    assert names == ["arm02", "arm01", "arm00", "arm04", "arm03"]
    assert {"less", "more"} <= set(drawn)


def test_an_arm_without_an_effect_lies_within_the_dotted_lines_in_95_of_100_studies() -> None:
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(2000):
        control, null = rng.normal(0, 1.5, 8), rng.normal(0, 1.5, 8)
        row = {"role": "control", "n": 8, "sd": control.std(ddof=1)}
        low, high = null_range(pd.DataFrame([row, {**row, "role": "treatment", "sd": 99.0}]))
        inside.append(low < null.mean() < high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_without_a_control_there_are_no_dotted_lines() -> None:
    rows = effects(3)
    assert null_range(rows) == ()
    assert null_range(rows.assign(role="control", n=1, sd=np.nan)) == ()
    assert "dotted" not in effect_plot("t", rows, points(rows), ACCURACY, 1.0, WHERE).svg


def test_a_far_seed_does_not_squash_the_others() -> None:
    rows = effects(5)
    raw = points(rows)
    raw.loc[raw.index[0], "difference"] = -43.0
    ticks = texts(effect_plot("cifar10", rows, raw, ACCURACY, 1.0, WHERE).svg)
    assert "−40" not in ticks
    assert "−2" in ticks


def test_one_seed_without_intervals_is_drawn() -> None:
    rows = effects(2).assign(low=np.nan, high=np.nan)
    assert "+3.0" in texts(effect_plot("t", rows, points(rows).head(2), ACCURACY, 1.0, WHERE).svg)


def test_names_beside_points_never_overlap_and_no_line_runs_over_one() -> None:
    rng = np.random.default_rng(0)
    with style.look():
        figure = Figure(figsize=(6, 4))
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        spots = [Label(f"strategy_{i}", *rng.uniform(0, 0.9, 2), "black") for i in range(60)]
        left_out = place_labels(axes, spots)
        renderer = canvas.get_renderer()
        boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]
        lines = {
            text: text.arrow_patch.get_transform().transform_path(text.arrow_patch.get_path())
            for text in axes.texts
            if isinstance(text, Annotation) and text.arrow_patch is not None
        }
    assert len(boxes) + left_out == 60
    assert lines
    for text, box in zip(axes.texts, boxes, strict=True):
        across = [own for own, line in lines.items() if line.intersects_bbox(box, filled=False)]
        assert [own for own in across if own is not text] == []
    assert len(boxes) > 20
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_point_that_others_touch_is_still_named() -> None:
    rows = effects(6).assign(
        effect=[0.56, 0.2, 0.25, -2.2, -2.7, -2.9], pareto=False,
        ratio=[0.996, 1.0, 1.37, 1.014, 1.404, 1.402],
    )  # fmt: skip
    rows = rows.assign(ratio_low=np.nan, ratio_high=np.nan)
    drawn = cost_plot("t", rows, ACCURACY, "step time", dict.fromkeys(rows["arm"], "black"), WHERE)
    assert set(rows["arm"]) <= set(texts(drawn.svg))


def test_cost_says_cpu_step_time_and_names_the_front() -> None:
    plot = cost([1.0, 1.1, 1.2])
    assert "CPU step time, ratio to the baseline" in texts(plot.svg)
    assert plot.alt.endswith("arm02.")


def test_cost_says_fractions_of_a_percent_as_they_are() -> None:
    found = [text for text in texts(cost([0.997, 1.009, 1.012]).svg) if text.endswith("×")]
    assert {"0.9975×", "1×", "1.0025×", "1.005×"} <= set(found)


def test_cost_has_the_interval_of_a_step_time_and_does_not_stretch_to_a_wide_one() -> None:
    ratios = [1.0, 1.1, 1.2]
    without, drawn = (len(re.findall('d="M', cost(ratios, half).svg)) for half in (np.nan, 0.01))
    assert drawn == without + 3
    ticks = [text for text in texts(cost(ratios, 50.0).svg) if text.endswith("×")]
    assert ticks == [text for text in texts(cost(ratios).svg) if text.endswith("×")]


def test_cost_marks_an_outlier_at_the_edge_and_says_its_effect() -> None:
    def drawn(last: float) -> str:
        rows = effects(6).assign(ratio=np.linspace(1, 1.5, 6), pareto=False)
        rows.loc[0, ["effect", "low", "high"]] = [last, last - 1, last + 1]
        rows = rows.assign(ratio_low=np.nan, ratio_high=np.nan)
        return cost_plot(
            "t", rows, ACCURACY, "step time", dict.fromkeys(rows["arm"], "black"), WHERE
        ).svg

    near, far = texts(drawn(-3.0)), texts(drawn(-80.0))
    assert "arm00" in near
    assert "arm00 (\N{MINUS SIGN}80.0)" in far
    assert (
        max(abs(int(t.replace("\N{MINUS SIGN}", "-"))) for t in far if re.fullmatch(r"\W\d+", t))
        < 10
    )


def cost(ratios: list[float], half: float = 0.01) -> Plot:
    """Make the rows of three arms, the last on the front; `half` is half the width of an interval."""
    rows = effects(3).assign(ratio=ratios, pareto=[False, False, True])
    rows = rows.assign(ratio_low=rows["ratio"] - half, ratio_high=rows["ratio"] + half)
    return cost_plot(
        "cifar10", rows, ACCURACY, "CPU step time", style.colors(list(rows["arm"])), WHERE
    )


def test_diverged_seeds_are_left_out_of_a_curve_and_counted() -> None:
    curves = pd.DataFrame(
        [
            ("t", "a", seed, step, step * 8, 0.5 + 0.1 * seed)
            for seed in range(3)
            for step in ((1,) if seed == 2 else (1, 2))
        ],
        columns=["task", "arm", "seed", "step", "examples", "validation_accuracy"],
    )
    status = ["ok", "ok", "diverged"]
    trials = pd.DataFrame({"task": "t", "arm": "a", "seed": range(3), "status": status})
    bands = curve_bands(curves, trials)
    assert bands["seeds"].tolist() == [2, 2]
    assert bands["mean"].tolist() == [0.55, 0.55]
    assert bands["diverged"].tolist() == [1, 1]
    plot = curve_plot("t", bands, "baseline", {"a": "#000000"}, [], WHERE)
    assert "a 55.0, 1 diverged" in texts(plot.svg)


def test_calibration_pools_bins_by_their_counts_and_drops_thin_ones() -> None:
    def bins(accuracy: float) -> tuple[CalibrationBin, ...]:
        full = CalibrationBin(count=60, confidence=0.9, accuracy=accuracy)
        return (CalibrationBin(count=49, confidence=0.1, accuracy=0.0), full)

    trials = pd.DataFrame({"task": "t", "arm": "a", "calibration": [bins(0.8), bins(0.6)]})
    pooled = calibration_bins(trials)
    assert pooled[["bin", "count"]].to_numpy().tolist() == [[1, 120]]
    assert pooled["accuracy"].tolist() == [0.7]


def test_convergence_says_how_many_seeds_got_there() -> None:
    rows = pd.DataFrame(
        {
            "arm": ["baseline", "a"] * 3,
            "target": [0.8, 0.8, 0.9, 0.9, 0.95, 0.95],
            "examples": [100.0, 50, 200, 100, 300, 150],
            "hits": [3, 3, 3, 2, 3, 1],
            "n": 3,
        }
    )
    drawn = texts(convergence_plot("t", rows, "baseline", {"a": "#112233"}, WHERE).svg)
    assert [t for t in drawn if " of 3" in t] == ["2 of 3", "3 of 3"]


def test_an_interaction_stands_once() -> None:
    pairs = pd.DataFrame(
        {"first": ["a", "c", "a"], "second": ["b", "b", "c"], "effect": [1.5, -2.0, 0.1],
         "p_adjusted": [0.06, 0.04, 0.9]}
    )  # fmt: skip
    svg = interaction_plot("t", pairs, ACCURACY, WHERE).svg
    drawn = texts(svg)
    assert sorted(t for t in drawn if t in ("+1.5", "−2.0", "+0.1")) == ["+0.1", "+1.5", "−2.0"]
    assert bold(svg) == ["−2.0", "Interactions on t"], "what survives the adjustment, no more"
