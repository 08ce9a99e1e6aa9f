from __future__ import annotations

import time
import tracemalloc
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from bench.analysis.analysis import Analysis, analyse
from bench.analysis.baselines import ONE_SUBSET
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.analysis.time_to_target import decomposition
from bench.core.record import Record, StepTime
from bench.core.study import NotApplicable, OwnTask, Study
from tests.bench.analysis import studies

NAMES = ("baseline", "a", "b", "a+b", "a+b+c", "b+c")
ARMS = [*(studies.arm(name) for name in NAMES), studies.AA]
STUDY = studies.study(
    ARMS, 8, not_applicable=(NotApplicable(task="images", arm="eda", reason="text only"),)
)
NOISE = np.sin(np.arange(8)) / 100
ACCURACY = {
    "baseline": 0.60,
    "a": 0.62,
    "b": 0.63,
    "a+b": 0.64,
    "a+b+c": 0.66,
    "b+c": 0.61,
    "baseline[A/A]": 0.60,
}
MADE = studies.records(STUDY, {name: (x + NOISE).tolist() for name, x in ACCURACY.items()})
TIMES = [studies.step_time("a", i, 1.2) for i in range(5)]
TIMES += [studies.step_time("b", i, 1.1) for i in range(5)]


def analysed(study: Study, made: list[Record], times: list[StepTime]) -> Analysis:
    return analyse(study, trials_frame(study, made), curves_frame(made), step_times_frame(times))


FOUND = analysed(STUDY, MADE, TIMES)


def test_interaction_is_the_difference_of_differences() -> None:
    row = FOUND.interactions.iloc[0]
    assert (row["a"], row["b"], row["both"], row["n"]) == ("a", "b", "a+b", 8)
    assert row["effect"] == pytest.approx(100 * (0.64 - 0.62 - 0.63 + 0.60))


def test_leave_one_out_is_full_minus_without() -> None:
    table = FOUND.leave_one_out.set_index("member")
    assert table.loc["a", "effect"] == pytest.approx(5.0)
    assert table.loc["c", "effect"] == pytest.approx(2.0)
    assert set(table["verdict"]) == {"exploratory"}


def test_decision_table() -> None:
    table = FOUND.decision.set_index("arm")
    assert list(table.index[:2]) == ["a+b+c", "a+b"]
    assert "baseline[A/A]" not in table.index
    assert table.loc["eda", ["verdict", "warning"]].tolist() == ["not applicable", "text only"]
    assert table.loc["a", "step_time_ratio"] == pytest.approx(1.2)
    assert table.loc["b", "on_front"] is True
    assert table.loc["a", "on_front"] is False
    assert table.loc["a+b", "on_front"] is None
    assert table.loc["a+b+c", "candidate"] is True
    assert table.loc["b", "candidate"] is False
    assert table.loc["a", "diverged"] == 0
    assert table.loc["a", "ece_floor"] == pytest.approx(
        np.sqrt(2 / np.pi * 0.75 * 0.25 / studies.EXAMPLES), rel=0.01
    )
    ratios = table.loc["a", ["step_time_ratio", "seconds_ratio", "examples_ratio"]]
    assert ratios["seconds_ratio"] == pytest.approx(
        ratios["step_time_ratio"] * ratios["examples_ratio"]
    )


def test_baseline_gap_and_its_warning() -> None:
    row = FOUND.baselines.iloc[0]
    assert row["gap"] == pytest.approx(20)
    assert row["warning"] == ""
    low = studies.scores(0.6).model_copy(update={"train_accuracy": 0.64})
    made = [studies.record(ARMS[0], seed, final=low) for seed in range(8)]
    assert "underfits" in analysed(STUDY, made, []).baselines["warning"].iloc[0]


def test_a_baseline_whose_moving_statistics_lag_has_a_warning() -> None:
    for kind, lag in (("recalibrated", 0.3), ("moving", 0.9), ("recalibrated", 0.59)):
        recipe = {**ARMS[0].recipe, "statistics": kind}
        other = {"other_statistics": studies.scores(lag), "recipe": recipe}
        made = [studies.record(ARMS[0], seed, accuracy=0.6, **other) for seed in range(8)]
        found = analysed(STUDY, made, []).baselines["warning"].iloc[0]
        assert found == "" if lag == 0.59 else "accuracy by +30.0 points" in found


def test_a_baseline_that_diverges_has_a_warning() -> None:
    made = [studies.diverged(ARMS[0], 0) if r.trial == MADE[0].trial else r for r in MADE]
    found = analysed(STUDY, made, [])
    assert "diverged in 1 of 8 trials" in found.baselines["warning"].iloc[0]
    rates = found.divergence.set_index("arm")
    assert rates.loc["baseline", ["n", "diverged"]].tolist() == [8, 1]
    assert rates.loc["baseline", "high"] == pytest.approx(0.5265, abs=1e-3)
    assert rates.loc["a", "p"] == 1.0
    assert rates.loc["a", "reference_diverged"] == 1


def test_an_arm_that_diverges_often_differs_in_its_rate() -> None:
    made = [studies.diverged(ARMS[1], r.seed) if r.arm == "a" else r for r in MADE]
    rates = analysed(STUDY, made, []).divergence.set_index("arm")
    assert rates.loc["a", "rate"] == 1
    assert rates.loc["a", "p"] == pytest.approx(2 / 2**8)
    assert rates.loc["a", "p_adjusted"] == pytest.approx(6 * 2 / 2**8)


def test_per_class_effects() -> None:
    better = studies.scores(0.6).model_copy(update={"class_correct": (4000, 2000)})
    made = [studies.record(ARMS[0], seed) for seed in range(8)]
    made += [studies.record(ARMS[1], seed, final=better) for seed in range(8)]
    table = analysed(STUDY, made, []).per_class.set_index("class_index")
    assert table["effect"].tolist() == pytest.approx([20, 0])
    assert table["class_name"].tolist() == ["", ""]
    unnamed = STUDY.model_copy(update={"own_tasks": {ARMS[0].task: OwnTask(address="csv:r.csv")}})
    assert analysed(unnamed, made, []).per_class["class_name"].tolist() == ["", ""]
    named = OwnTask(address="csv:r.csv", class_names=("bad", "good"))
    asked = STUDY.model_copy(update={"own_tasks": {ARMS[0].task: named}})
    assert analysed(asked, made, []).per_class["class_name"].tolist() == ["bad", "good"]


def test_macro_accuracy_counts_each_class_alike_where_they_are_unequal() -> None:
    """The arm gains 20 points on the small class, and nothing on the large one."""
    plain = studies.scores(0.6).model_copy(
        update={"class_total": (9_000, 1_000), "class_correct": (6_000, 500)}
    )
    better = plain.model_copy(update={"class_correct": (6_000, 700)})
    made = [studies.record(ARMS[0], seed, final=plain) for seed in range(8)]
    made += [studies.record(ARMS[1], seed, final=better) for seed in range(8)]
    rows = analysed(STUDY, made, []).effects.set_index("metric")
    assert rows.loc["macro_accuracy", "effect"] == pytest.approx(10)
    assert "macro_accuracy" not in set(FOUND.effects["metric"])  # its classes are equal


def test_parts_of_the_error_and_what_they_are_conditional_on() -> None:
    table = FOUND.test_sampling.set_index("arm")
    effects = FOUND.effects[FOUND.effects["metric"] == "test_accuracy"].set_index("arm")
    assert (table["subset"] == "one").all()
    assert table["low"].tolist() == effects["low"].tolist()
    assert (table["residual_sd"] <= table["seed_sd"]).all()
    drawn = [
        r.model_copy(update={"hashes": r.hashes.model_copy(update={"pool": "all"})}) for r in MADE
    ]
    again = analysed(STUDY, drawn, [])
    assert (again.test_sampling["subset"] == "drawn").all()
    assert FOUND.baselines["conditional"].tolist() == [ONE_SUBSET]
    assert again.baselines["conditional"].tolist() == [""]


def test_profiles_start_with_the_share_of_wins_and_end_with_the_share_solved() -> None:
    table = FOUND.profiles[FOUND.profiles["measure"] == "examples"]
    first = table.groupby("arm")["share"].first()
    assert first["a+b+c"] == table["share"].max() == 1
    assert (table.groupby("arm")["share"].diff().dropna() > 0).all()


def test_decomposition_in_words() -> None:
    assert decomposition(1.06, 0.89, 1.0) == "6% slower a step, 11% fewer steps"
    assert decomposition(0.998, 1.2, 1.0) == "as fast a step, 20% more steps"
    assert decomposition(np.nan, 1.0, 1.0) == ""


def test_a_target_that_some_seeds_never_reached_gives_a_lower_bound() -> None:
    told = decomposition(1.02, 1.25, 0.5)
    assert told == "2% slower a step, at least 25% more steps (50% of seeds got there)"
    assert "at least" not in decomposition(1.02, 0.9, 0.5)


def test_a_study_without_a_trial_has_empty_frames() -> None:
    found = analysed(STUDY, [], [])
    assert all(isinstance(getattr(found, field.name), pd.DataFrame) for field in fields(found))
    assert set(found.effects["verdict"]) == {"not compared"}


@pytest.mark.slow
def test_ten_thousand_trials_in_20_seconds_and_a_gigabyte() -> None:
    arms = [studies.arm("baseline"), *(studies.arm(f"s{i}") for i in range(399))]
    study = studies.study(arms, 25)
    random = np.random.default_rng(0)
    values = {arm.name: random.uniform(0.55, 0.75, 25).tolist() for arm in arms}
    made = studies.records(study, values)
    started = time.process_time()
    found = analysed(study, made, [])
    assert time.process_time() - started < 20
    assert len(found.effects) == 399 * 7
    tracemalloc.start()
    analysed(study, made[:2500], [])
    assert tracemalloc.get_traced_memory()[1] < 250e6
    tracemalloc.stop()
