from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from bench.analysis import verdict
from bench.core.study import Study
from bench.stats.multiple import benjamini_hochberg, holm
from bench.stats.paired import interval
from tests.bench.analysis import studies


def row(**changes: Any) -> pd.Series:
    known = {"n": 10, "family": "confirmatory", "effect": 2.0, "low": 1.1, "high": 3.0}
    judged = {"margin": 1.0, "unfinished": False, "reference_diverged": False}
    return pd.Series(known | judged | changes)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, verdict.BETTER_BY_MARGIN),
        ({"low": 0.1}, verdict.BETTER),
        ({"low": 1.0}, verdict.BETTER),
        ({"low": 0.2, "high": 0.8}, verdict.WITHIN),
        ({"low": -0.9, "high": 0.9}, verdict.WITHIN),
        ({"low": -0.1, "high": 1.2}, verdict.OPEN),
        ({"low": -3.0, "high": -0.1}, verdict.WORSE),
        ({"low": -3.0, "high": -1.1}, verdict.WORSE_BY_MARGIN),
        ({"low": np.nan, "high": np.nan}, verdict.OPEN),
        ({"family": "exploratory"}, "exploratory"),
        ({"family": "smoke"}, "smoke run"),
        ({"family": "synthetic"}, "synthetic data"),
        ({"n": 0}, verdict.NOT_COMPARED),
        ({"unfinished": True}, verdict.UNFINISHED),
        ({"unfinished": True, "family": "exploratory"}, "exploratory"),
        ({"reference_diverged": True}, verdict.FIX_BASELINE),
    ],
)
def test_words(changes: dict[str, Any], word: str) -> None:
    assert verdict.word(row(**changes), 1) == word


def test_a_lower_value_is_better_where_less_is() -> None:
    assert verdict.word(row(low=-3.0, high=-1.1), -1) == verdict.BETTER_BY_MARGIN
    assert verdict.word(row(low=0.1, high=1.4), -1) == verdict.WORSE
    assert verdict.word(row(low=-1.2, high=0.1), -1) == verdict.OPEN
    assert verdict.word(row(low=-0.3, high=0.9), -1) == verdict.WITHIN
    assert verdict.word(row(low=np.nan, high=np.nan), -1) == verdict.OPEN


MEANING = {
    verdict.OPEN: {"below", "worse", "better", "above"},
    verdict.BETTER: {"better", "above"},
    verdict.WORSE: {"worse", "below"},
    verdict.WITHIN: {"worse", "better"},
    verdict.BETTER_BY_MARGIN: {"above"},
    verdict.WORSE_BY_MARGIN: {"below"},
}
"""Verdict -> the true effects that it allows: beyond the margin, or on one side of 0 inside it."""


@pytest.mark.parametrize("effect", [-2.5, -1.0, -0.4, 0.0, 0.3, 0.9, 1.0, 1.7])
def test_words_are_monotone_in_the_number_of_trials(effect: float) -> None:
    """The interval shrinks around one effect: a decided question stays decided and never turns."""
    words = [
        verdict.read_off(effect - 4 / n**0.5, effect + 4 / n**0.5, 1.0) for n in range(2, 4000)
    ]
    decided = [word in verdict.DECIDED for word in words]
    assert decided == sorted(decided)
    for before, after in pairwise(words):
        assert MEANING[before] & MEANING[after]
        assert len(MEANING[after]) <= len(MEANING[before])
    assert set(verdict.VERDICTS) == MEANING.keys()


def test_no_interval_supports_a_word_that_excludes_part_of_it() -> None:
    random = np.random.default_rng(3)
    for low, high in np.sort(random.normal(0, 1.5, (5000, 2)), axis=1):
        cells = {
            name
            for name, (a, b) in {
                "below": (-9, -1), "worse": (-1, 0), "better": (0, 1), "above": (1, 9),
            }.items()
            if low < b and high > a
        }  # fmt: skip
        assert cells <= MEANING[verdict.read_off(low, high, 1.0)]


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
            ("images", "baseline"): set(study.seed_range(baseline)),
            ("images", "mixup"): set(study.seed_range(mixup)),
        }
        return verdict.judged_at(study, "images", "mixup", had)

    assert at(10, 10) == 10
    assert at(10, 9) == at(9, 10) == at(0, 0) == 0
    assert at(10, 10, study.model_copy(update={"first_seed": 300})) == 10
    growing = study.model_copy(update={"sequential": True})
    assert [at(10, seeds, growing) for seeds in (5, 6, 8, 10)] == [0, 6, 8, 10]


def test_the_first_look_of_a_study_to_which_seeds_were_added() -> None:
    study = studies.study([studies.arm("mixup")], 10)
    assert verdict.first_look(study) is None
    assert verdict.first_look(study.model_copy(update={"seeds_before": (5, 8)})) == 5
    assert verdict.first_look(study.model_copy(update={"sequential": True})) == verdict.LOOKS[0]


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
    found = interval(arm.reshape(-1, seeds), baseline.reshape(-1, seeds))
    p = found["p"].to_numpy().reshape(studies_, arms)
    wrong = (holm(p, arms) < 0.05).any(axis=1)
    assert np.mean(wrong) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / studies_)
    assert np.mean(wrong) > 0.02
