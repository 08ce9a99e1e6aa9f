"""The Pareto front: point estimates, and the probability of being on it."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.effects import effects
from bench.analysis.frames import step_times_frame, trials_frame
from bench.analysis.front import _redrawn_effects, front_probabilities, on_front
from bench.analysis.pairing import contrasts, pair
from tests.bench.analysis import studies


def test_the_front_has_what_nothing_beats() -> None:
    effect = np.array([2.0, 1.0, 1.0, -1.0, np.nan, -1.0])
    ratio = np.array([1.5, 1.2, 1.3, 1.1, 1.0, 0.9])
    assert on_front(effect, ratio).tolist() == [True, True, False, False, False, True]


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] >= other[0] and one[1] <= other[1] and one != other


def test_it_agrees_with_comparing_every_pair_ties_included() -> None:
    random = np.random.default_rng(1)
    effect = random.integers(-2, 3, (500, 6)).astype(float)
    ratio = 1 + random.integers(-1, 3, (500, 6)) / 10
    for points, found in zip(
        np.stack([effect, ratio], axis=2), on_front(effect, ratio), strict=True
    ):
        rivals = [tuple(point) for point in points] + [(0.0, 1.0)]
        wanted = [not any(beats(rival, tuple(point)) for rival in rivals) for point in points]
        assert found.tolist() == wanted


def probabilities(
    points: dict[str, float],
    ratios: dict[str, float],
    processes: int = 5,
    diverged: dict[str, int] | None = None,
) -> dict[str, float]:
    arms = [studies.arm("baseline"), *map(studies.arm, points)]
    study = studies.study(arms, 8)
    random = np.random.default_rng(2)
    base = random.normal(0.6, 0.01, 8)
    values = {"baseline": base} | {
        name: base + (points[name] + random.normal(0, 0.5, 8)) / 100 for name in points
    }
    made = [
        studies.diverged(study.arm("images", r.arm), r.seed)
        if r.seed < (diverged or {}).get(r.arm, 0) else r
        for r in studies.records(study, {k: v.tolist() for k, v in values.items()})
    ]  # fmt: skip
    trials = trials_frame(study, made)
    times = [
        studies.step_time(name, process, ratio * np.exp(random.normal(0, 0.01)))
        for name, ratio in ratios.items()
        for process in range(processes)
    ]
    comparison = pair(trials, contrasts(study))
    rows = effects(study, trials, comparison, contrasts(study))
    found = front_probabilities(study, trials, comparison, step_times_frame(times), rows)
    return {arm: share for (_, arm, _), share in found.items()}


def test_a_clear_winner_is_on_it_and_what_cannot_be_told_apart_has_a_share() -> None:
    found = probabilities(
        {"winner": 5.0, "even": 0.0, "loser": -4.0, "untimed": 9.0},
        {"winner": 1.1, "even": 1.0, "loser": 1.3},
    )
    assert set(found) == {"winner", "even", "loser"}
    assert found["winner"] > 0.99
    assert found["loser"] < 0.01
    assert 0.2 < found["even"] < 0.95


def test_a_step_time_of_one_process_puts_nothing_on_the_front() -> None:
    asked = ({"winner": 5.0, "even": 0.0}, {"winner": 0.9, "even": 1.0})
    assert probabilities(*asked, processes=1) == {}
    assert set(probabilities(*asked, processes=2)) == {"winner", "even"}


@pytest.mark.parametrize("lost", [6, 7])
def test_one_arm_that_diverges_makes_no_other_arm_sure(lost: int) -> None:
    """With two seeds it has an error of its own, with one it is left out; the others keep eight."""
    asked = ({"a": 0.1, "b": 0.0, "c": -0.1}, {"a": 1.02, "b": 1.01, "c": 1.0})
    found = probabilities(*asked, diverged={"c": lost})
    assert set(found) == ({"a", "b", "c"} if lost == 6 else {"a", "b"})
    assert 0.1 < min(found["a"], found["b"]) < max(found["a"], found["b"]) < 0.9


def test_the_error_of_a_redrawn_mean_is_that_of_its_own_trials() -> None:
    gains = [dict(enumerate([1.0, -1.0, 2.0, 0.5, -0.5])), {1: 3.0, 3: 4.0, 4: 6.0}]
    drawn = _redrawn_effects(np.random.default_rng(5), gains)
    for arm, column in zip(gains, drawn.T, strict=True):
        values = np.array(list(arm.values()))
        error = values.std(ddof=1) / np.sqrt(len(values))
        assert column.mean() == pytest.approx(values.mean(), abs=5 * error / np.sqrt(len(column)))
        assert column.std() == pytest.approx(error, rel=0.05)


def test_the_same_study_has_the_same_probabilities() -> None:
    asked = ({"a": 0.1, "b": 0.2}, {"a": 1.0, "b": 1.01})
    assert probabilities(*asked) == pytest.approx(probabilities(*asked))


def test_two_processes_give_their_mean_the_error_of_two() -> None:
    """The logs are .002 and .018, their mean .010 has the standard error .008.

    A quarter of the redrawn studies have the low one twice. Their mean lies sqrt(2) errors below .010,
    so the arm is faster than its equally accurate reference. Without the factor it would never be.
    """
    study = studies.study([studies.arm("baseline"), studies.arm("even")], 3)
    same = [0.6, 0.61, 0.62]
    trials = trials_frame(study, studies.records(study, {"baseline": same, "even": same}))
    times = [
        studies.step_time("even", process, np.exp(log))
        for process, log in enumerate((0.002, 0.018))
    ]
    comparison = pair(trials, contrasts(study))
    rows = effects(study, trials, comparison, contrasts(study))
    found = front_probabilities(study, trials, comparison, step_times_frame(times), rows)
    assert found["images", "even", "baseline"] == pytest.approx(0.25, abs=0.03)
