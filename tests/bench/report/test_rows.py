"""The texts of the decision table's cells: no more digits, words or columns than the data allow."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from bench.analysis.analysis import Analysis, analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.analysis.verdict import VERDICTS
from bench.core.metrics import judged_metric
from bench.core.study import Seen, Study
from bench.report import texts, verdicts
from bench.report.headings import headings, origin
from bench.report.report import write_report
from bench.report.rows import columns, decision_rows
from tests.bench.report.cards import CARDS
from tests.bench.report.study_factory import Plan, Planted, make

JUDGED = judged_metric()


@pytest.fixture(scope="module")
def analyzed() -> tuple[Study, Analysis]:
    made = make(
        Plan(tasks=("cifar10",), seeds=6, arms={"mixup": Planted(3.0), "cutmix": Planted()})
    )
    trials, curves = trials_frame(made.study, made.records), curves_frame(made.records)
    return made.study, analyse(made.study, trials, curves, step_times_frame(made.step_times))


def cells(analyzed: tuple[Study, Analysis], **changes: object) -> dict:
    """Return the texts and details of mixup's cells, with some figures of its row replaced."""
    study, analysis = analyzed
    decision = analysis.decision[analysis.decision["arm"] == "mixup"].assign(**changes)
    row = decision_rows(study, decision, CARDS)[0]
    return {key: (cell.text, cell.detail) for key, cell in row.cells.items()}


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (8.0, 44.0, "8 to 44"),
        (8.0, 8.0, "8"),
        (1200.0, math.inf, "1,200 or more"),
        (math.inf, math.inf, "∞"),
        (math.nan, math.nan, ""),
    ],
)
def test_seeds_to_decide_are_a_range(analyzed, low: float, high: float, shown: str) -> None:
    assert cells(analyzed, seeds_low=low, seeds_high=high)["seeds"][0] == shown


def test_speed_stands_apart_from_final_accuracy(analyzed) -> None:
    shown = cells(analyzed, examples_ratio=1.24, hit_rate=0.9, own_ratio=1.0)["examples"]
    assert shown == ("1.24×", "90% of seeds\nown 1.00×")
    assert cells(analyzed, examples_ratio=1.24, hit_rate=0.9, own_ratio=math.nan)["examples"][
        1
    ] == ("90% of seeds")


def test_calibration_has_the_error_that_chance_shows(analyzed) -> None:
    assert cells(analyzed, ece=-0.021, ece_floor=0.013)["ece"] == ("−2.1", "floor 1.3")


def test_a_front_is_a_probability_and_a_verdict_says_who_may_be_the_best(analyzed) -> None:
    shown = cells(analyzed, front_probability=0.934, candidate=True, p_adjusted=0.021)
    assert shown["front"][0] == "93%"
    assert shown["verdict"][1] == "p = .021; may be the best"
    assert cells(analyzed, candidate=False, p_adjusted=1e-9)["verdict"][1] == "p < .001"
    assert cells(analyzed, candidate=None, p_adjusted=math.nan)["verdict"][1] == ""
    few = cells(analyzed, candidate=True, family="smoke", p_adjusted=math.nan)
    assert few["verdict"][1] == "", "with a few seeds everything may be the best"


def test_columns_that_a_study_lacks_are_not_shown(analyzed) -> None:
    decision = analyzed[1].decision
    assert not {"tuned", "default", "shrunk"} & columns(JUDGED, ["CPU"], decision).keys()
    beside = decision.assign(default_effect=1.0, shrunk=0.5)
    assert {"default", "shrunk"} <= columns(JUDGED, ["CPU"], beside).keys()
    assert columns(JUDGED, ["CPU"], decision)["step"][0] == "CPU step time"
    assert "shrunk" not in columns(JUDGED, [], pd.DataFrame())  # a study of the baseline alone


def test_headings_say_what_the_study_is_conditional_on(analyzed) -> None:
    study, analysis = analyzed
    lines = headings(study, analysis.baselines)
    assert lines[1].endswith(", conditional on one training subset")
    assert "one training subset" in origin(study, analysis.baselines, "cifar10").caption
    drawn = analysis.baselines.assign(conditional="")
    assert "conditional" not in " ".join(headings(study, drawn))


def test_headings_tell_of_seeds_that_were_seen_or_added(analyzed) -> None:
    study, analysis = analyzed
    seen = tuple(
        Seen(task="cifar10", arm=arm, study="screen", seeds=(0, 1)) for arm in ("mixup", "cutmix")
    )
    later = study.model_copy(update={"seen": seen, "seeds_before": (3,), "first_seed": 40})
    lines = headings(later, analysis.baselines)
    assert "6 seeds from 40" in lines[0]
    assert "(3, then 6): intervals hold at any number of seeds" in lines[1]
    assert lines[2].endswith("in study screen: cifar10 mixup, cifar10 cutmix")


def test_every_verdict_has_a_kind_a_short_word_and_a_place() -> None:
    assert set(VERDICTS) == verdicts.KINDS.keys() == verdicts.SHORT.keys()
    assert [verdicts.rank(word) for word in VERDICTS] == list(range(len(VERDICTS)))
    assert verdicts.rank("exploratory") == len(VERDICTS)
    assert verdicts.css("exploratory") == "v-none"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-0.04, "+0.0"), (-0.06, "−0.1"), (None, ""), (math.inf, ""), ("text", ""), (2, "+2.0")],
)
def test_signed_numbers(value: object, shown: str) -> None:
    assert texts.signed(value, 1) == shown


def test_an_interval_without_an_end_is_nothing() -> None:
    assert texts.interval(-0.04, 1.25) == "[0.0, 1.2]"
    assert texts.interval(math.nan, 1.0) == ""


def test_a_not_applicable_arm_has_no_cells(analyzed) -> None:
    study, analysis = analyzed
    absent = pd.DataFrame([{"task": "cifar10", "arm": "x", "verdict": "not applicable"}])
    frame = absent.reindex(columns=analysis.decision.columns)
    row = decision_rows(study, frame, CARDS)[0]
    assert (row.cells, row.evidence) == ({}, "not applicable")


def test_an_arm_without_a_member_of_the_base_has_that_members_family(analyzed) -> None:
    study, analysis = analyzed
    less = study.arm("cifar10", "baseline").model_copy(
        update={"name": "without mixup", "role": "treatment", "reference": "baseline"}
    )
    base = study.arm("cifar10", "mixup").strategies
    around = study.model_copy(update={"base": base, "arms": (*study.arms, less)})
    decision = analysis.decision[analysis.decision["arm"] == "mixup"]
    (row,) = decision_rows(around, decision.assign(arm="without mixup"), CARDS)
    assert row.families == ("mixing",)


def test_a_page_of_one_task_has_no_column_for_it(tmp_path: Path) -> None:
    for tasks, count in ((("cifar10",), 0), (("cifar10", "imdb"), 1)):
        made = make(Plan(tasks=tasks, seeds=3, arms={"mixup": Planted(3.0)}))
        paths = write_report(made.study, made.records, made.step_times, tmp_path, CARDS)
        page = paths.page.read_text()
        assert page.count(">Task</button>") == count
        assert page.count('id="filter-task"') == count
