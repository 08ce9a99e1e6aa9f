from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.analysis import verdict
from bench.analysis.effects import effects
from bench.analysis.frames import trials_frame
from bench.analysis.pairing import contrasts, pair
from bench.core.bits import packed
from bench.core.record import Record
from bench.core.study import Study
from bench.stats.crossed import components
from bench.stats.errors import Sample, common_level, errors
from bench.stats.shrinkage import shrunk
from bench.stats.simultaneous import simultaneous
from tests.bench.analysis import studies
from tests.bench.stats.simulators import answers

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
        "up": verdict.BETTER_BY_MARGIN,
        "down": verdict.WORSE_BY_MARGIN,
        "same": verdict.WITHIN,
        "wide": verdict.OPEN,
    }
    assert found.loc["up", "effect"] == pytest.approx(3.0)
    assert found.loc["up", "p_adjusted"] == pytest.approx(5 * found.loc["up", "p"], rel=0.3)
    assert (found["family"] == "confirmatory").all()
    assert found.loc["wide", "seeds_low"] > found.loc["same", "seeds_high"]
    assert (found["seeds_low"] <= found["seeds_high"]).all()


def test_confirmatory_intervals_are_simultaneous_and_the_rest_95_percent() -> None:
    declared = analysed(studies.study(ARMS, 10, family=FAMILY), planted(studies.study(ARMS, 10)))
    plain = analysed(studies.study(ARMS, 10), planted(studies.study(ARMS, 10)))
    wide, narrow = accuracy_rows(declared).loc["same"], accuracy_rows(plain).loc["same"]
    assert wide["high"] - wide["low"] > 1.3 * (narrow["high"] - narrow["low"])
    assert narrow["verdict"] == "exploratory"
    half = stats.t.isf(0.025, narrow["df"]) * narrow["error"]
    assert narrow["high"] - narrow["effect"] == pytest.approx(half)
    assert narrow["error"] == pytest.approx(
        np.hypot(narrow["trial_error"], narrow["example_error"])
    )
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
        "up": verdict.UNFINISHED,
        "down": verdict.WORSE_BY_MARGIN,
        "same": verdict.WITHIN,
        "wide": verdict.OPEN,
    }
    assert np.isnan(found.loc["up", "p_adjusted"])
    whole = accuracy_rows(analysed(study, planted(study)))
    assert found.loc["wide", "low"] < whole.loc["wide", "low"]
    trials = trials_frame(study, part, [("images", "up", 9)])
    wanted = contrasts(study)
    found = accuracy_rows(effects(study, trials, pair(trials, wanted), wanted))
    assert found.loc["up", "verdict"] == verdict.BETTER_BY_MARGIN


def test_a_study_to_which_seeds_were_added_has_wider_intervals_and_shows_their_price() -> None:
    study = studies.study(ARMS, 10, family=FAMILY)
    fixed = accuracy_rows(analysed(study, planted(study)))
    assert fixed["price"].isna().all()
    for changes in ({"sequential": True}, {"seeds_before": (5,)}):
        grown = accuracy_rows(analysed(study.model_copy(update=changes), planted(study)))
        assert (grown["high"] - grown["low"] > fixed["high"] - fixed["low"]).all()
        assert grown["price"].between(1.05, 2.5).all()
        assert grown["effect"].tolist() == fixed["effect"].tolist()
    growing = study.model_copy(update={"sequential": True})
    few = accuracy_rows(analysed(growing, [r for r in planted(study) if r.seed < 5]))
    assert set(few["verdict"]) == {verdict.UNFINISHED}
    some = accuracy_rows(analysed(growing, [r for r in planted(study) if r.seed < 8]))
    assert (some["n"] == 8).all()
    assert verdict.UNFINISHED not in set(some["verdict"])


def test_a_diverged_seed_is_left_out_and_said() -> None:
    """At chance accuracy it would turn +3 points into -8."""
    study = studies.study(ARMS, 10, family=FAMILY)
    made = [
        studies.diverged(ARMS[1], 0) if (r.arm, r.seed) == ("up", 0) else r for r in planted(study)
    ]
    found = analysed(study, made)
    up = found[found["arm"] == "up"].set_index("metric")
    for metric in ("test_accuracy", "nll", "generalization_gap"):
        assert up.loc[metric, "n"] == 9
    assert up.loc["test_accuracy", "effect"] == pytest.approx(3.0 + 1.2 / 9)
    assert up.loc["test_accuracy", "verdict"] == verdict.BETTER_BY_MARGIN
    assert up.loc["test_accuracy", "warning"] == (
        "diverged: 1 of 10 of the arm; the effect is that of pairs in which both converged"
    )


def test_a_baseline_that_diverges_is_the_finding() -> None:
    """One diverged seed of the baseline once turned true effects of -3 points into +2."""
    study = studies.study(ARMS, 10, family=FAMILY)
    made = [
        studies.diverged(ARMS[0], 3) if (r.arm, r.seed) == ("baseline", 3) else r
        for r in planted(study)
    ]
    found = accuracy_rows(analysed(study, made))
    assert set(found["verdict"]) == {verdict.FIX_BASELINE}
    assert found.loc["down", "effect"] == pytest.approx(-3.0, abs=0.1)
    assert "1 of 10 of the reference" in found.loc["down", "warning"]


def test_an_arm_that_lacks_the_seed_is_not_spared_the_baselines_divergence() -> None:
    study = studies.study(ARMS, 10, family=FAMILY)
    made = [
        studies.diverged(ARMS[0], 3) if (r.arm, r.seed) == ("baseline", 3) else r
        for r in planted(study)
        if (r.arm, r.seed) != ("down", 3)
    ]
    trials = trials_frame(study, made, [("images", "down", 3)])
    compared = contrasts(study)
    found = accuracy_rows(effects(study, trials, pair(trials, compared), compared))
    assert found.loc["down", "verdict"] == verdict.FIX_BASELINE


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
    assert accuracy_rows(found).loc["down", "verdict"] == verdict.WORSE_BY_MARGIN


def test_equal_arms_and_one_seed_have_sensible_answers() -> None:
    study = studies.study(ARMS[:2], 10, family=FAMILY)
    same = {name: [0.6] * 10 for name in ("baseline", "up")}
    row = accuracy_rows(analysed(study, studies.records(study, same))).loc["up"]
    assert (row["effect"], row["p"], row["verdict"]) == (0, 1, verdict.WITHIN)
    assert (row["low"], row["high"]) == (0, 0)
    one = {name: [0.6] for name in ("baseline", "up")}
    row = accuracy_rows(analysed(study, studies.records(study, one))).loc["up"]
    assert (row["n"], row["verdict"]) == (1, "smoke run")
    assert np.isnan(row["p"])


def test_false_discoveries_of_one_metric_do_not_come_from_the_others() -> None:
    """Benjamini-Hochberg over all metrics at once let moved metrics carry accuracy along."""
    study = studies.study([studies.arm("baseline"), *map(studies.arm, "abcdefgh")], 10)
    random = np.random.default_rng(6)
    base = random.normal(0.6, 0.01, 10)
    made = studies.records(
        study, {a.name: (base + random.normal(0, 0.004, 10)).tolist() for a in study.arms}
    )
    moved = [
        r.model_copy(update={"final": r.final.model_copy(update={"brier": 0.3 + r.seed / 1000})})
        if r.final and r.arm != "baseline"
        else r
        for r in made
    ]
    alone, beside = (accuracy_rows(analysed(study, m)) for m in (made, moved))
    assert beside["p_adjusted"].tolist() == alone["p_adjusted"].tolist()
    assert (alone["p_adjusted"] >= alone["p"]).all()


def test_controls_are_no_hypotheses() -> None:
    study = studies.study([*ARMS, studies.AA], 10)
    random = np.random.default_rng(7)
    values = {a.name: random.normal(0.6, 0.01, 10).tolist() for a in study.arms}
    found = accuracy_rows(analysed(study, studies.records(study, values)))
    assert np.isnan(found.loc["baseline[A/A]", "p_adjusted"])
    assert np.isfinite(found.loc["baseline[A/A]", "low"])


def test_answers_that_are_not_recorded_leave_the_interval_over_trials() -> None:
    study = studies.study(ARMS, 10, family=FAMILY)
    bare = [
        r.model_copy(update={"final": r.final.model_copy(update={"correct": ""})})
        for r in planted(study)
        if r.final
    ]
    found, full = (
        accuracy_rows(analysed(study, bare)),
        accuracy_rows(analysed(study, planted(study))),
    )
    assert found[["examples", "example_error", "residual_error"]].isna().all(axis=None)
    assert found["error"].tolist() == pytest.approx(found["trial_error"].tolist())
    assert (full["error"] > full["trial_error"])[["up", "down", "wide"]].all()
    assert (full["examples"] == studies.EXAMPLES).all()


def test_largest_effects_are_drawn_toward_the_mean() -> None:
    found = accuracy_rows(analysed(studies.study(ARMS, 10), planted(studies.study(ARMS, 10))))
    assert found.loc["up", "shrunk"] < found.loc["up", "effect"]
    assert found.loc["down", "shrunk"] > found.loc["down", "effect"]


def test_arms_of_another_reference_draw_no_effect() -> None:
    """Half of the arms stand beside the baseline and half beside `x`, which costs them 10 points."""
    names = ["a", "b", "c", "d", "e"]
    beside = [studies.arm(f"x+{name}", reference="x") for name in names]
    arms = [studies.arm("baseline"), studies.arm("x"), *map(studies.arm, names), *beside]
    study, random = studies.study(arms, 10), np.random.default_rng(4)
    base = 0.6 + np.sin(np.arange(10)) / 100
    values = {"baseline": base, "x": base + random.normal(0, 0.01, 10)}
    for step, name in enumerate(names):
        for arm, level in ((name, 0.02), (f"x+{name}", -0.1)):
            values[arm] = base + level + (step - 2) / 1000 + random.normal(0, 0.01, 10)
    found = accuracy_rows(
        analysed(study, studies.records(study, {k: v.tolist() for k, v in values.items()}))
    )
    for reference in ("baseline", "x"):
        rows = found[found["reference"] == reference]
        expected = shrunk(rows["effect"].to_numpy(), rows["error"].to_numpy())
        assert rows["shrunk"].to_numpy() == pytest.approx(expected)
        assert np.ptp(expected) > 0


def test_a_study_of_records_gets_the_intervals_of_its_answers() -> None:
    """From records to intervals: what is tested in `tests.bench.stats` reaches the table."""
    names, trials = ["baseline", *"abcde"], 6
    drawn = answers(np.random.default_rng(9), 0.3 + np.linspace(0, 0.3, 6), trials, 2000)
    study = studies.study(
        [studies.arm(name) for name in names], trials, family=tuple(("images", n) for n in "abcde")
    )
    made = []
    for arm, right in zip(study.arms, drawn.right, strict=True):
        for seed, bits in enumerate(right):
            final = studies.scores(float(bits.mean())).model_copy(
                update={"class_total": (1000, 1000), "correct": packed(bits)}
            )
            made.append(studies.record(arm, seed, final=final))
    found = accuracy_rows(analysed(study, made))
    d = drawn.right[1:].astype(int) - drawn.right[0].astype(int)
    samples = [Sample(100 * arm.mean(axis=1), components(arm), 100.0) for arm in d]
    expected = errors(samples, common_level(samples))
    effect = 100 * d.mean(axis=(1, 2))
    law = expected.law(np.full(5, float(trials)), None)
    whole = simultaneous(effect, expected.error, law, np.ones(5), 5, 0.05)
    for column, wanted in (
        ("effect", effect), ("error", expected.error), ("df", expected.df),
        ("low", whole.low), ("high", whole.high), ("p_adjusted", whole.p),
    ):  # fmt: skip
        assert found[column].tolist() == pytest.approx(wanted.tolist())
    assert found["verdict"].tolist() == [
        verdict.read_off(*ends, 1.0) for ends in zip(whole.low, whole.high, strict=True)
    ]
    # Every part of the variance counts: the plain standard error of the trials is shorter.
    plain = np.array([sample.differences.std(ddof=1) for sample in samples]) / trials**0.5
    assert (found["error"] > plain).all()
