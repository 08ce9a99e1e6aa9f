"""Trials that diverged are counted, and move no accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from bench.compare.regressions import compare
from bench.storage.history import Line
from tests.bench.compare.lines import found, lines, row


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


def diverging(study: list[Line], arm: str, seeds: set[int]) -> list[Line]:
    """Return the study with some trials of an arm at chance, as the history holds diverged ones."""
    changed = []
    for line in study:
        lost = seeds if line.arm == arm else set()
        results = tuple(
            s.model_copy(
                update={"diverged": True, "accuracy": 0.1, "area": 0.1, "start": "stopped"}
            )
            if s.seed in lost
            else s
            for s in line.seeds
        )
        changed.append(line.model_copy(update={"seeds": results}))
    return changed


def test_one_diverged_trial_is_no_loss_of_accuracy(random: np.random.Generator) -> None:
    before, after = lines("old", random), lines("new", random)
    plain = row(compare(before, after), "arm4", "accuracy")
    comparison = compare(before, diverging(after, "arm4", {3}))
    told = row(comparison, "arm4", "accuracy")
    assert told["change"] == pytest.approx(plain["change"], abs=1)
    assert told["new"] > 0.5
    assert (told["base_count"], told["new_count"]) == (9, 9), "pairs in which both converged"
    rate = row(comparison, "arm4", "divergence")
    assert (rate["base"], rate["new"], rate["change"]) == (0, 0.1, 10)
    assert rate["low"] < 10 < rate["high"]
    assert rate["verdict"] == "inconclusive"
    rates = comparison.findings[comparison.findings["metric"] == "divergence"]
    assert list(rates["arm"]) == ["arm4"], "an arm without a diverged trial is no test"


def test_training_that_breaks_is_a_regression(random: np.random.Generator) -> None:
    before, after = lines("old", random), lines("new", random)
    comparison = compare(before, diverging(after, "arm4", {0, 1, 2, 3, 4, 5, 6, 8}))
    assert found(comparison) == {("arm4", "divergence")}
    assert row(comparison, "arm4", "accuracy")["new_count"] == 2
    whole = compare(before, diverging(after, "arm4", set(range(10))))
    assert ("arm4", "divergence") in found(whole)
    assert ("arm4", "accuracy") in found(whole), "an arm that never converges stands at chance"
    assert compare(before, diverging(before, "arm4", set(range(10)))).exit_code() == 3
    mended = compare(diverging(before, "arm4", set(range(10))), after)
    assert ("arm4", "divergence") in found(mended, "improved")


def test_one_trial_that_converged_does_not_stand_for_nine_that_did_not(
    random: np.random.Generator,
) -> None:
    before, after = lines("old", random), lines("new", random)
    comparison = compare(before, diverging(after, "arm4", set(range(9))))
    told = row(comparison, "arm4", "accuracy")
    assert (told["base_count"], told["new_count"]) == (10, 10)
    assert told["new"] == pytest.approx(0.9 * 0.1 + 0.1 * 0.62, abs=0.01)
    assert ("arm4", "accuracy") in found(comparison)


def test_pairs_survive_a_diverged_trial(random: np.random.Generator) -> None:
    """A stopped trial saw fewer batches than its twin: no reason to give up all other pairs."""
    before = lines("old", random)
    comparison = compare(before, diverging(before, "arm4", {3}))
    assert row(comparison, "arm4", "accuracy")["test"] == "paired t"
    assert row(comparison, "arm4", "accuracy")["change"] == pytest.approx(0, abs=1e-9)
    broken = compare(before, diverging(before, "arm4", set(range(10))))
    assert row(broken, "arm5", "accuracy")["test"] == "paired t"


def test_an_accepted_rate_is_what_later_studies_are_held_against(
    random: np.random.Generator,
) -> None:
    before, after = lines("old", random), diverging(lines("new", random), "arm4", set(range(10)))
    accepted = {("images", "arm4", "divergence"): 100.0}
    assert (
        row(compare(before, after, accepted=accepted), "arm4", "divergence")["verdict"]
        == "accepted"
    )
