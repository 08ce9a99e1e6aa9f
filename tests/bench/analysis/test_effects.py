from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis.effects import effects
from bench.analysis.frames import trials_frame
from bench.analysis.pairing import contrasts, pair
from bench.core.record import Record
from bench.core.study import Study
from tests.bench.analysis import studies

SPREAD = np.array([-1.2, -0.8, -0.4, -0.2, 0.0, 0.1, 0.3, 0.5, 0.7, 1.0]) / 100
"""Differences per seed around the planted effect, sd 0.69 points."""
ARMS = [studies.arm(name) for name in ("baseline", "up", "down", "same", "wide")]
FAMILY = tuple(("images", name) for name in ("up", "down", "same", "wide", "never"))


def analysed(study: Study, made: list[Record], **options: Any) -> pd.DataFrame:
    trials = trials_frame(study, made)
    wanted = contrasts(study)
    return effects(study, trials, pair(trials, wanted), wanted, **options)


def planted(study: Study, drop: int = 0) -> list[Record]:
    seeds = study.seeds
    base = 0.6 + np.sin(np.arange(seeds)) / 100
    change = np.resize(SPREAD, seeds)
    accuracy = {
        "baseline": base,
        "up": base + 0.03 + change,
        "down": base - 0.03 + change,
        "same": base + change / 3,
        "wide": base + 6 * change,
    }
    return studies.records(study, {k: v.tolist() for k, v in accuracy.items()})[
        : None if not drop else -drop
    ]


def accuracy_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["metric"] == "test_accuracy"].set_index("arm")


def test_planted_effects_get_the_right_words() -> None:
    found = accuracy_rows(
        analysed(studies.study(ARMS, 10, family=FAMILY), planted(studies.study(ARMS, 10)))
    )
    assert found["verdict"].to_dict() == {
        "up": "helps",
        "down": "hurts",
        "same": "equivalent",
        "wide": "inconclusive",
    }
    assert found.loc["up", "effect"] == pytest.approx(3.0)
    assert found.loc["up", "p_adjusted"] == pytest.approx(5 * found.loc["up", "p"], rel=0.3)
    assert (found["family"] == "confirmatory").all()
    assert found.loc["wide", "seeds_needed"] > found.loc["same", "seeds_needed"]


def test_confirmatory_intervals_are_bonferroni_and_the_rest_95_percent() -> None:
    declared = analysed(studies.study(ARMS, 10, family=FAMILY), planted(studies.study(ARMS, 10)))
    plain = analysed(studies.study(ARMS, 10), planted(studies.study(ARMS, 10)))
    wide, narrow = accuracy_rows(declared).loc["up"], accuracy_rows(plain).loc["up"]
    assert wide["high"] - wide["low"] > 1.3 * (narrow["high"] - narrow["low"])
    assert narrow["verdict"] == "exploratory"
    nll = declared[declared["metric"] == "nll"]
    assert (nll["verdict"] == "exploratory").all()


def test_other_metrics_have_their_own_units() -> None:
    found = analysed(studies.study(ARMS, 10), planted(studies.study(ARMS, 10)))
    up = found[found["arm"] == "up"].set_index("metric")
    assert up.loc["nll", "effect"] == pytest.approx(-0.03)
    assert up.loc["nll", "unit"] == "nats"
    assert up.loc["generalization_gap", "effect"] == pytest.approx(0, abs=1e-9)
    assert up.loc["train_accuracy", "effect"] == pytest.approx(3.0)


def test_under_five_seeds_is_a_smoke_run() -> None:
    study = studies.study(ARMS, 4, family=FAMILY)
    found = accuracy_rows(analysed(study, planted(study)))
    assert set(found["verdict"]) == {"smoke run"}
    assert found["p_adjusted"].isna().all()


def test_synthetic_data_gets_neither() -> None:
    study = studies.study(ARMS, 10, family=FAMILY, synthetic=True)
    made = [r.model_copy(update={"synthetic": True}) for r in planted(study)]
    found = analysed(study, made)
    assert set(found["verdict"]) == {"synthetic data"}
    assert found["p_adjusted"].isna().all()


def test_a_missing_seed_is_left_out_and_said() -> None:
    study = studies.study(ARMS, 10, family=FAMILY)
    found = accuracy_rows(analysed(study, planted(study, drop=2)))
    assert found.loc["wide", "n"] == 8
    assert found.loc["wide", "warning"] == "2 of 10 seeds missing on one side or both"
    assert found.loc["wide", "verdict"] == "unfinished"
    assert found.loc["up", "n"] == 10
    assert found.loc["up", "warning"] == ""


def test_an_arm_that_changes_nothing_is_told_from_one_that_is_nearly_the_same() -> None:
    """An effect of 0.0 [0.0, 0.0] would look like a result of great precision."""
    study = studies.study(
        [studies.arm("baseline"), *map(studies.arm, ("idle", "moved", "near"))], 5
    )
    base = (0.5 + np.arange(5) / 64).tolist()
    made = studies.records(
        study,
        {"baseline": base, "idle": base, "moved": [a + 1 / 64 for a in base],
         "near": [a + sign / 64 for a, sign in zip(base, (1, -1, 0, 1, -1), strict=True)]},
    )  # fmt: skip
    found = accuracy_rows(analysed(study, made))["warning"]
    assert found["idle"] == "no seed differs from its reference"
    assert found["moved"].startswith("all differences are equal")
    assert found["near"] == ""


def test_no_verdict_on_a_part_of_a_declared_study() -> None:
    """Stopping at the first verdict would find differences that are not there."""
    study = studies.study(ARMS, 10, family=FAMILY)
    part = [r for r in planted(study) if (r.arm, r.seed) != ("up", 9)]
    found = accuracy_rows(analysed(study, part))
    assert found["verdict"].to_dict() == {
        "up": "unfinished",
        "down": "hurts",
        "same": "equivalent",
        "wide": "inconclusive",
    }
    assert np.isnan(found.loc["up", "p_adjusted"])
    whole = accuracy_rows(analysed(study, planted(study)))
    assert found.loc["down", "p_adjusted"] >= whole.loc["down", "p_adjusted"]
    trials = trials_frame(study, part, [("images", "up", 9)])
    wanted = contrasts(study)
    found = accuracy_rows(effects(study, trials, pair(trials, wanted), wanted))
    assert found.loc["up", "verdict"] == "helps"


def test_a_sequential_study_is_judged_at_the_last_look_that_it_reached() -> None:
    """An arm decided at six of eight seeds keeps that verdict; two seeds are not looked at."""
    study = studies.study(ARMS, 10, family=FAMILY).model_copy(update={"sequential": True})
    eight = [r for r in planted(study) if r.seed < 8]
    six = [r for r in planted(study) if r.seed < 6]
    pd.testing.assert_frame_equal(
        analysed(study, eight).drop(columns="warning"), analysed(study, six).drop(columns="warning")
    )
    assert (accuracy_rows(analysed(study, eight))["n"] == 6).all()
    few = accuracy_rows(analysed(study, [r for r in planted(study) if r.seed < 5]))
    assert set(few["verdict"]) == {"unfinished"}


def test_a_diverged_seed_counts_at_chance_and_has_no_losses() -> None:
    study = studies.study(ARMS, 10, family=FAMILY)
    made = [
        studies.diverged(ARMS[1], 0) if (r.arm, r.seed) == ("up", 0) else r for r in planted(study)
    ]
    found = analysed(study, made)
    up = found[found["arm"] == "up"].set_index("metric")
    assert up.loc["test_accuracy", "n"] == 10
    assert up.loc["test_accuracy", "effect"] == pytest.approx(3.0 - (10 + 3.0 - 1.2) / 10)
    assert up.loc["test_accuracy", "warning"] == "1 diverged seed counted at chance accuracy"
    assert up.loc["test_accuracy", "verdict"] == "inconclusive"
    for metric in ("nll", "generalization_gap"):
        assert up.loc[metric, "n"] == 9
        assert "left out" in up.loc[metric, "warning"]


def test_what_is_not_comparable_is_not_compared_and_named() -> None:
    study = studies.study(ARMS, 10, family=FAMILY)
    made = [
        r.model_copy(update={"settings": {"precision": "float16"}}) if r.arm == "up" else r
        for r in planted(study)
    ]
    found = analysed(study, made)
    up = found[found["arm"] == "up"]
    assert up["verdict"].tolist() == ["not compared"]
    assert "settings.precision: float16, reference float32" in up["warning"].iloc[0]
    assert accuracy_rows(found).loc["down", "verdict"] == "hurts"


def test_equal_arms_and_one_seed_have_sensible_answers() -> None:
    study = studies.study(ARMS[:2], 10, family=FAMILY)
    same = {name: [0.6] * 10 for name in ("baseline", "up")}
    row = accuracy_rows(analysed(study, studies.records(study, same))).loc["up"]
    assert (row["effect"], row["p"], row["verdict"]) == (0, 1, "equivalent")
    one = {name: [0.6] for name in ("baseline", "up")}
    row = accuracy_rows(analysed(study, studies.records(study, one))).loc["up"]
    assert (row["n"], row["verdict"]) == (1, "smoke run")
    assert np.isnan(row["p"])
