from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.convergence import (
    area,
    areas,
    convergence,
    first_reached,
    hits,
    own_targets,
    ratio_of_means,
    targets,
)
from bench.analysis.frames import curves_frame, trials_frame
from bench.analysis.pairing import contrasts, pair
from bench.core.record import Evaluation
from tests.bench.analysis import studies

ARMS = [studies.arm("baseline"), studies.arm("fast"), studies.arm("never")]
STUDY = studies.study(ARMS, 3)


def curve(heights: list[float]) -> tuple[Evaluation, ...]:
    return tuple(
        Evaluation(
            step=20 * i, examples=200 * i, train_loss=1, validation_accuracy=y, validation_nll=1
        )
        for i, y in enumerate(heights, 1)
    )


BASELINE = [0.6, 0.7, 0.8, 0.9, 0.9]
FAST = [0.6, 0.9, 0.9, 0.9, 0.9]
NEVER = [0.5, 0.6, 0.6, 0.6, 0.9]
MADE = [
    studies.record(arm, seed, 0.9, curve=curve(heights))
    for arm, heights in zip(ARMS, (BASELINE, FAST, NEVER), strict=True)
    for seed in range(3)
]
TRIALS, CURVES = trials_frame(STUDY, MADE), curves_frame(MADE)


def test_targets_lie_between_chance_and_the_baselines_median() -> None:
    found = targets(STUDY, TRIALS)
    assert [accuracy for _, accuracy in found["images", "fast"]] == pytest.approx(
        [0.82, 0.86, 0.88]
    )
    assert found["images", "fast"] == found["images", "baseline"]


def test_one_bad_seed_moves_no_target() -> None:
    made = [studies.record(ARMS[0], seed, last) for seed, last in enumerate((0.9, 0.6, 0.9))]
    found = own_targets(STUDY, trials_frame(STUDY, made))["images", "baseline"]
    assert [accuracy for _, accuracy in found] == pytest.approx([0.82, 0.86, 0.88])


def test_a_baseline_at_chance_has_no_targets() -> None:
    made = [studies.diverged(ARMS[0], 0)]
    assert not targets(STUDY, trials_frame(STUDY, made))


def test_reached_takes_two_consecutive_evaluations() -> None:
    assert first_reached(np.array([0.5, 0.9, 0.5, 0.9, 0.9]), 0.8) == 3
    assert first_reached(np.array([0.5, 0.9, 0.5, 0.5, 0.9]), 0.8) is None
    assert first_reached(np.array([0.8, 0.8]), 0.8) == 0


def test_rates_and_restricted_means() -> None:
    comparison = pair(TRIALS, contrasts(STUDY))
    reached = hits(STUDY, TRIALS, CURVES)
    table = convergence(STUDY, comparison, contrasts(STUDY), reached, reached)
    at = table[table["target"] == 0.9].set_index("arm")
    assert at["hit_rate"].to_dict() == {"baseline": 1, "fast": 1, "never": 0}
    assert at["examples"].to_dict() == {"baseline": 800, "fast": 400, "never": 1000}
    assert at["steps"].to_dict() == {"baseline": 80, "fast": 40, "never": 100}
    assert at.loc["fast", "examples_ratio"] == pytest.approx(0.5)
    assert at.loc["never", "examples_ratio"] == pytest.approx(1.25)


def test_an_arm_that_is_as_fast_and_ends_lower_is_told_from_a_slow_one() -> None:
    """The target of the baseline mixes speed with final accuracy; the arm's own does not."""
    lower = [0.5 + 0.8 * (height - 0.5) for height in BASELINE]
    made = [
        studies.record(arm, seed, curve_[-1], curve=curve(curve_))
        for arm, curve_ in zip(ARMS[:2], (BASELINE, lower), strict=True)
        for seed in range(3)
    ]
    trials, curves = trials_frame(STUDY, made), curves_frame(made)
    both = (hits(STUDY, trials, curves), hits(STUDY, trials, curves, own_targets(STUDY, trials)))
    table = convergence(STUDY, pair(trials, contrasts(STUDY)), contrasts(STUDY), *both)
    at = table[table["target"] == 0.9].set_index("arm").loc["fast"]
    assert at["examples_ratio"] == pytest.approx(1000 / 800)
    assert at["hit_rate"] == 0
    assert at["own_ratio"] == pytest.approx(1.0)
    assert (at["own_hit_rate"], at["own_examples"]) == (1, 800)
    assert at["own_accuracy"] == pytest.approx(0.5 + 0.9 * 0.32)


def test_a_diverged_trial_never_got_there() -> None:
    made = [*MADE[:3], studies.diverged(ARMS[1], 0).model_copy(update={"curve": curve(FAST[:3])})]
    found = hits(STUDY, trials_frame(STUDY, made), curves_frame(made))
    last = found[found["arm"] == "fast"]
    assert not last["reached"].any()
    assert (last["examples"] == 1000).all()


def test_a_baseline_trial_that_diverged_shortens_no_training() -> None:
    stopped = [
        studies.diverged(ARMS[0], seed).model_copy(update={"curve": curve(BASELINE[:1])})
        for seed in (1, 2)
    ]
    made = [MADE[0], *stopped, *MADE[3:]]
    found = hits(STUDY, trials_frame(STUDY, made), curves_frame(made))
    assert set(found["horizon"]) == {1000}
    fast = found[(found["arm"] == "fast") & (found["target"] == 0.9)]
    assert fast["reached"].all()


def test_pairs_that_all_say_the_same_have_a_ratio_and_no_interval() -> None:
    """All at one evaluation, or all cut off at the horizon."""
    for time in (700.0, 1000.0):
        ratio, low, high = ratio_of_means(np.full(5, time), np.full(5, 1000.0))
        assert ratio == pytest.approx(time / 1000)
        assert np.isnan([low, high]).all()


def test_area_under_a_straight_line_is_its_mean_height() -> None:
    x = np.array([250.0, 500.0, 750.0, 1000.0])
    assert area(x, 0.5 + 0.4 * x / 1000, 1000.0, 0.5) == pytest.approx(0.7)
    assert area(x[:2], 0.5 + 0.4 * x[:2] / 1000, 1000.0, 0.5) == pytest.approx(0.65)
    assert area(x, 0.5 + 0.4 * x / 1000, 500.0, 0.5) == pytest.approx(0.6)


def test_areas_are_paired_with_the_reference() -> None:
    comparison = pair(TRIALS, contrasts(STUDY))
    table = areas(STUDY, TRIALS, CURVES, comparison, contrasts(STUDY)).set_index("arm")
    assert table.loc["fast", "effect"] == pytest.approx(100 * (0.2 + 0.1) / 5)
    assert np.isnan(table.loc["baseline", "effect"])


def test_interval_of_a_ratio_covers() -> None:
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(2000):
        reference = random.normal(100, 10, 10)
        _, low, high = ratio_of_means(0.8 * reference + random.normal(0, 8, 10), reference)
        covered += low < 0.8 < high
    assert 0.93 < covered / 2000 < 0.97
