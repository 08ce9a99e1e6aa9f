from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from bench.analysis import verdict
from bench.core.study import Study
from bench.stats.multiple import benjamini_hochberg, holm
from bench.stats.paired import t_test
from bench.stats.power import power
from tests.bench.analysis import studies


def row(**changes: Any) -> pd.Series:
    known = {"n": 10, "family": "confirmatory", "effect": 2.0, "low": 1.0, "high": 3.0}
    judged = {"p_adjusted": 0.01, "tost_p": 0.9, "margin": 1.0, "unfinished": False}
    return pd.Series(known | judged | changes)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "helps"),
        ({"effect": -2.0, "low": -3.0, "high": -1.0}, "hurts"),
        ({"effect": 0.5, "low": 0.2, "high": 0.8}, "negligible"),
        ({"effect": 0.5, "low": 0.2, "high": 1.2}, "helps"),
        ({"p_adjusted": 0.06, "tost_p": 0.04}, "equivalent"),
        ({"p_adjusted": 0.06}, "inconclusive"),
        ({"family": "exploratory"}, "exploratory"),
        ({"family": "smoke"}, "smoke run"),
        ({"family": "synthetic"}, "synthetic data"),
        ({"n": 0}, "not compared"),
        ({"unfinished": True}, "unfinished"),
        ({"unfinished": True, "family": "exploratory"}, "exploratory"),
    ],
)
def test_words(changes: dict[str, Any], word: str) -> None:
    assert verdict.word(row(**changes), 0.05) == word


def test_families() -> None:
    study = studies.study([studies.arm("mixup")], 10, family=(("images", "mixup"),))
    ask = ("images", "mixup", "test_accuracy")
    assert verdict.family(study, *ask, 10) == "confirmatory"
    assert verdict.family(study, *ask, 4) == "smoke"
    assert verdict.family(study, "images", "mixup", "nll", 10) == "exploratory"
    assert verdict.family(study, "images", "cutmix", "test_accuracy", 10) == "exploratory"
    synthetic = study.model_copy(update={"synthetic": True})
    assert verdict.family(synthetic, *ask, 10) == "synthetic"


def test_a_comparison_waits_for_all_its_seeds_and_not_for_those_that_failed() -> None:
    study = studies.study([studies.arm("baseline"), studies.arm("mixup")], 10)

    def at(baseline: int, mixup: int, study: Study = study) -> int:
        had = {
            ("images", "baseline"): set(range(baseline)),
            ("images", "mixup"): set(range(mixup)),
        }
        return verdict.judged_at(study, "images", "mixup", had)

    assert at(10, 10) == 10
    assert at(10, 9) == at(9, 10) == at(0, 0) == 0
    looked = study.model_copy(update={"sequential": True})
    assert [at(10, seeds, looked) for seeds in (5, 6, 8, 10)] == [0, 6, 6, 10]


def test_members_that_were_not_measured_count_in_holm() -> None:
    p = np.array([0.004, 0.03, np.nan])
    assert holm(p, 12)[:2].tolist() == pytest.approx([12 * 0.004, 11 * 0.03])
    assert holm(p, 2)[:2].tolist() == pytest.approx([0.008, 0.03])
    assert np.isnan(holm(p, 12)[2])


def test_holm_agrees_with_statsmodels() -> None:
    p = np.random.default_rng(1).random((2, 12)) ** 3
    for row, found in zip(p, holm(p, 12), strict=True):
        assert found == pytest.approx(multipletests(row, method="holm")[1])


def test_benjamini_hochberg_ignores_what_has_no_p() -> None:
    found = benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    assert found[[0, 2]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(found[1])


def test_family_wise_false_positives_over_twelve() -> None:
    """3,000 studies of 12 arms without effect that share a baseline, 10 seeds."""
    random = np.random.default_rng(11)
    studies_, arms, seeds = 3000, 12, 10
    baseline = np.repeat(random.normal(60, 1, (studies_, 1, seeds)), arms, axis=1)
    arm = random.normal(60, 1, (studies_, arms, seeds))
    p = t_test(arm.reshape(-1, seeds), baseline.reshape(-1, seeds)).reshape(studies_, arms)
    wrong = (holm(p, arms) < 0.05).any(axis=1)
    assert np.mean(wrong) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / studies_)
    assert np.mean(wrong) > 0.02


def test_a_planted_effect_in_a_family_is_found_as_often_as_the_formula_says() -> None:
    """One of twelve arms has an effect; Holm's power is at least Bonferroni's."""
    random = np.random.default_rng(12)
    d = random.normal(0, 1, (2000, 12, 10))
    d[:, 0] += 1.5
    p = t_test(d.reshape(-1, 10), np.zeros((24_000, 10))).reshape(2000, 12)
    found = np.mean(holm(p, 12)[:, 0] < 0.05)
    assert found == pytest.approx(power(1.5, 1.0, 10, 0.05 / 12), abs=0.05)
