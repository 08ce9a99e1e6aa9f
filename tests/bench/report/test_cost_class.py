"""Measured step times beside the declared cost classes."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from bench.core.record import Use
from bench.core.study import Study
from bench.report.cost_class import with_cost_class
from tests.bench.report.cards import CARDS
from tests.bench.report.study_factory import Plan, Planted, make

ARMS = ("mixup", "label_smoothing", "mixup+cutmix")


@pytest.fixture(scope="module")
def study() -> Study:
    return make(Plan(arms=dict.fromkeys(ARMS, Planted()), base=("batch_norm",))).study


def judged(study: Study, arm: str, ratio: float, low: float, high: float, reference="baseline"):
    row = {"task": "cifar10", "arm": arm, "reference": reference}
    times = pd.DataFrame([{**row, "ratio": ratio, "low": low, "high": high}])
    return with_cost_class(study, times, CARDS).iloc[0]


@pytest.mark.parametrize(
    ("ratio", "low", "high", "answer"),
    [
        (1.10, 1.06, 1.149, "yes"),
        (1.10, 1.00, 1.20, "yes (estimate)"),
        (1.20, 1.10, 1.30, "no (estimate)"),
        (1.20, 1.16, 1.25, "no"),
        (1.10, math.nan, math.nan, "yes (estimate)"),
        (1.20, math.nan, math.nan, "no (estimate)"),
    ],
)
def test_a_class_is_kept_for_sure_where_the_interval_is(study, ratio, low, high, answer) -> None:
    row = judged(study, "mixup", ratio, low, high)
    assert (row["cost_class"], row["cost_limit"]) == ("cheap", pytest.approx(1.15))
    assert row["within"] == answer


def test_each_class_has_its_own_limit(study: Study) -> None:
    assert judged(study, "label_smoothing", 1.05, 1.04, 1.06)["within"] == "no"
    assert judged(study, "mixup", 1.05, 1.04, 1.06)["within"] == "yes"


def test_the_base_of_a_study_is_no_cost_of_an_arm(study: Study) -> None:
    assert study.arm("cifar10", "mixup").strategies[0] == Use(name="batch_norm")
    assert judged(study, "mixup", 1.0, 0.99, 1.01)["cost_class"] == "cheap"


@pytest.mark.parametrize(
    ("arm", "reference"),
    [("mixup+cutmix", "baseline"), ("baseline[A/A]", "baseline"), ("mixup", "mixup+cutmix")],
)
def test_no_class_where_not_one_strategy_is_added(study, arm, reference) -> None:
    row = judged(study, arm, 1.5, 1.4, 1.6, reference)
    assert (row["cost_class"], row["within"]) == ("", "")
    assert math.isnan(row["cost_limit"])


def test_a_strategy_that_nobody_knows_has_no_class(study: Study) -> None:
    times = pd.DataFrame([{"task": "cifar10", "arm": "mixup", "reference": "baseline",
                           "ratio": 1.0, "low": 1.0, "high": 1.0}])  # fmt: skip
    assert with_cost_class(study, times, {}).iloc[0]["cost_class"] == ""


def test_a_study_without_step_times_has_the_columns(study: Study) -> None:
    empty = pd.DataFrame(columns=["task", "arm", "reference", "ratio", "low", "high"])
    assert {"cost_class", "cost_limit", "within"} <= set(with_cost_class(study, empty, CARDS))
