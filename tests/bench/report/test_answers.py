"""The page's first words are no stronger than what the study supports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.analysis.verdict import (
    BETTER,
    BETTER_BY_MARGIN,
    FIX_BASELINE,
    OPEN,
    UNFINISHED,
    WITHIN,
    WORSE_BY_MARGIN,
)
from bench.core.metrics import judged_metric
from bench.report.answers import Answer, answer
from bench.report.rows import Cell, Row


def row(arm: str, effect: float, verdict: str, step: float | None = 1.0, **changes: str) -> Row:
    cells = {
        "effect": Cell(f"{effect:+.1f}", effect, "[a, b]"),
        "step": Cell("" if step is None else f"{step:.2f}×", step),
    }
    return Row(
        task="t", arm=arm, reference="baseline", against="", families=("mixing",),
        evidence=changes.get("evidence", "confirmatory"), verdict=verdict,
        judged=judged_metric(), effect=effect, low=0.0, high=1.0, cells=cells, decomposition="",
        warning="",
    )  # fmt: skip


ROWS = [
    row("cutmix", 1.0, BETTER, 1.1),
    row("layer_norm", 1.2, BETTER_BY_MARGIN, 1.3),
    row("mixup", 0.1, WITHIN),
    row("dropout", 0.2, OPEN),
    row("batch_norm", -3.0, WORSE_BY_MARGIN),
]


def said(rows: list[Row], *best: str, synthetic: bool = False) -> Answer:
    return answer("t", rows, best, synthetic, "", "step time")


def test_one_arm_is_named_only_where_it_alone_may_be_the_best() -> None:
    assert said(ROWS, "layer_norm").lead == "Use layer_norm"
    several = "layer_norm or cutmix: not separable; the cheapest step is cutmix"
    assert said(ROWS, "layer_norm", "cutmix").lead == several
    many = said([*ROWS, row("ema", 0.9, BETTER)], "layer_norm", "cutmix", "ema", "dropout")
    assert many.lead.startswith("layer_norm, cutmix, ema or 1 more: not separable")


def test_without_a_step_time_of_each_no_step_is_called_the_cheapest() -> None:
    rows = [row("a", 1.0, BETTER), row("b", 0.9, BETTER, None)]
    assert said(rows, "a", "b").lead == "a or b: not separable"


def test_the_largest_estimate_without_a_verdict_is_not_recommended() -> None:
    rows = [row("a", 1.0, OPEN), row("b", -1.0, WORSE_BY_MARGIN)]
    assert said(rows, "a").lead == "No technique is shown to be better"


def test_an_arm_without_all_its_seeds_is_not_recommended() -> None:
    """Though its estimate is the largest, and no other arm is shown to beat it."""
    rows = [row("late", 6.0, UNFINISHED), *ROWS]
    assert said(rows, "late", "layer_norm").lead == "Use layer_norm; others are unfinished"
    assert said(rows, "late").lead.startswith("layer_norm or cutmix: not separable")
    assert said(rows, "late").lead.endswith("others are unfinished")
    failing = [row("failing", 6.0, "smoke run", evidence="smoke"), *ROWS]
    assert said(failing, "failing", "layer_norm").lead == "Use layer_norm"


def test_a_gain_that_is_shown_to_be_small_is_not_called_none() -> None:
    small = replace(row("small", 0.3, WITHIN), low=0.2, high=0.4)
    assert said([small, row("worse", -3.0, WORSE_BY_MARGIN)]).lead == (
        "small: better, by less than the margin"
    )
    less = replace(small, judged=judged_metric("nll"))
    assert said([less]).lead == "No technique is shown to be better", "more of it is worse"


def test_each_verdict_has_its_line() -> None:
    points = said(ROWS, "layer_norm").points
    assert points[0] == f"layer_norm: +1.2 points [a, b], 1.30× step time, {BETTER_BY_MARGIN}"
    assert points[1].endswith(f"1.10× step time, {BETTER}")
    assert points[2:] == ("worse: batch_norm", "within the margin: mixup", "open: dropout")


@pytest.mark.parametrize(
    ("rows", "lead"),
    [
        ([], "Nothing to compare yet"),
        ([row("a", 1.0, FIX_BASELINE)], "Fix the baseline first"),
        ([row("a", 1.0, UNFINISHED)], "Unfinished"),
        ([row("a", 1.0, "exploratory", evidence="exploratory")], "Exploratory"),
        ([row("a", 1.0, "smoke run", evidence="smoke")], "Smoke run"),
    ],
)
def test_what_is_not_judged_says_why(rows: list[Row], lead: str) -> None:
    assert said(rows, "a").lead.startswith(lead)


def test_around_a_base_what_carries_it_is_told_from_what_was_added() -> None:
    rows = [row("without ema", -3.0, WORSE_BY_MARGIN), row("without l2", 1.0, BETTER), *ROWS[2:]]
    less = {"without ema": "ema", "without l2": "l2"}
    made = answer("t", rows, {"without l2"}, False, "", "step time", less)
    assert made.lead == "Leave out l2"
    assert "the base stands on: ema" in made.points
    assert "worse: batch_norm" in made.points


def test_stand_in_data_has_no_answer() -> None:
    assert said(ROWS, "layer_norm", synthetic=True).lead == "Stand-in data: no answer"
