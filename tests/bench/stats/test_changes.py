"""Simulated histories: the rate of false alarms, and the power for planted shifts.

Arrays hold many comparisons at once; a test through `compare` itself checks that they are alike.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.compare.metrics import Metric, by_name
from bench.compare.regressions import compare
from bench.stats import changes
from tests.bench.compare.lines import ARMS, lines

Word = np.ndarray
METRICS = tuple(metric for metric in by_name().values() if not metric.compared.rate)
SIZE = len(METRICS) * (len(ARMS) + 1)
"""Tests of a comparison of one task: the environment, the baseline and twelve arms, four metrics."""
STEP = by_name()["step_time"]
LEAST = STEP.harm(STEP.compared.minimum)
PLANTED = 4
"""The arm that is shifted."""


def noise(
    random: np.random.Generator, studies: int, units: int, own: float, shared: float
) -> np.ndarray:
    """Draw (studies, arms, units): noise of each arm plus noise that all arms of a unit share."""
    common = random.normal(0, shared, (studies, 1, units))
    return random.normal(0, own, (studies, len(ARMS), units)) + common


def shifted(
    metric: Metric, base: np.ndarray, new: np.ndarray, is_paired: bool = False
) -> list[changes.Change]:
    """Return the environment's shift, shape (studies, 1), and the arms', (studies, arms)."""
    test = changes.paired if is_paired else changes.welch
    found, floor = changes.parts(base, new), metric.harm(metric.compared.floor)
    level, own = [side[..., None, :] for side in found.common], found.own
    return [test(level[0], level[1], floor), test(own[0], own[1], floor)]


def whole(
    random: np.random.Generator,
    studies: int,
    units: int,
    process_sd: float,
    seeds: int = 10,
    slower: float = 0.0,
    worse: float = 0.0,
) -> Word:
    """Return the verdicts of whole comparisons, shape (studies, SIZE); arm `PLANTED` is shifted."""
    parts, least = [], []
    for metric in METRICS:
        sd = {"accuracy": 1.0, "convergence": 0.5, "step_time": process_sd, "memory": 0.01}
        count = units if metric.speed else seeds
        sides = [noise(random, studies, count, sd[metric.name], sd[metric.name]) for _ in range(2)]
        if metric.name == "step_time":
            for side in sides:  # ratios: the baseline's is 1, and what is shared cancels
                side -= side[:, :1]
                side[:, 1:] *= math.sqrt(0.5)
        sides[1][:, PLANTED] += {"step_time": slower, "accuracy": worse}.get(metric.name, 0.0)
        parts += shifted(metric, sides[0], sides[1])
        least += [metric.harm(metric.compared.minimum)] * (len(ARMS) + 1)
    joined = changes.Change(*(np.concatenate(part, axis=1) for part in zip(*parts, strict=True)))
    assert joined.estimate.shape == (studies, SIZE)
    return changes.judged(joined, np.array(least), SIZE)[0]


@pytest.mark.parametrize("process_sd", [0.003, 0.01, 0.02, 0.05])
@pytest.mark.parametrize("units", [5, 8])
def test_at_most_one_false_alarm_in_a_hundred(process_sd: float, units: int) -> None:
    words = whole(np.random.default_rng(1), 2000, units, process_sd)
    assert (words == "regressed").any(axis=1).sum() <= 20
    assert (words == "improved").any(axis=1).sum() <= 20


def test_noise_that_differs_between_the_studies_raises_no_alarm() -> None:
    random = np.random.default_rng(2)
    base, new = (noise(random, 2000, 6, sd, sd) for sd in (0.005, 0.03))
    words = [changes.judged(s, LEAST, SIZE)[0] for s in shifted(STEP, base, new)]
    assert (np.concatenate(words, axis=1) == "regressed").any(axis=1).sum() <= 20


@pytest.mark.parametrize("process_sd", [0.01, 0.015, 0.02])
def test_a_slow_down_is_found_with_the_recommended_processes(process_sd: float) -> None:
    """Five processes a side of each of 20 pilots recommend a number; 100 comparisons with it."""
    random = np.random.default_rng(3)
    slower, found = math.log(1.05), 0.0
    for _ in range(20):
        pilot = [noise(random, 1, 5, process_sd, 0)[0] for _ in range(2)]
        own = changes.parts(pilot[0], pilot[1]).own
        sd = changes.planning_sd(changes.welch(own[0], own[1], 0.0), slice(1, None))
        units = changes.units_needed(sd, slower, LEAST, SIZE)
        sides = [noise(random, 100, units, process_sd, 0) for _ in range(2)]
        sides[1][:, PLANTED] += slower
        words = changes.judged(shifted(STEP, sides[0], sides[1])[1], LEAST, SIZE)[0]
        found += (words[:, PLANTED] == "regressed").mean() / 20
        others = np.delete(words, PLANTED, axis=1)
        assert (others == "regressed").any(axis=1).sum() <= 3
    assert found >= 0.93


@pytest.mark.parametrize("arms", [3, 5, 6, 13])
@pytest.mark.parametrize("units", [6, 20])
def test_one_arm_that_shifts_far_moves_no_other(arms: int, units: int) -> None:
    random = np.random.default_rng(10)
    for far in (-0.4, 0.4):
        sides = [noise(random, 1000, units, 0.03, 0.03)[:, :arms] for _ in range(2)]
        sides[1][:, 1] += far
        tested = shifted(STEP, sides[0], sides[1])[1]
        words = changes.judged(tested, LEAST, len(METRICS) * (arms + 1))[0]
        assert (words[:, 1] == ("regressed" if far > 0 else "improved")).mean() > 0.99
        others = np.delete(words, 1, axis=1)
        for word in ("regressed", "improved"):
            assert (others == word).any(axis=1).mean() <= 0.012


def test_three_points_of_accuracy_are_found_with_ten_seeds() -> None:
    words = whole(np.random.default_rng(4), 2000, 6, 0.01, worse=3.0)
    place = 1 + PLANTED  # accuracy comes first, its environment before its arms
    assert (words[:, place] == "regressed").mean() >= 0.93
    assert (np.delete(words, place, axis=1) == "regressed").any(axis=1).sum() <= 20


def test_pairs_keep_the_level_too() -> None:
    random, metric = np.random.default_rng(5), by_name()["accuracy"]
    seeds = noise(random, 2000, 10, 3.0, 3.0)
    base, new = (seeds + noise(random, 2000, 10, 1.0, 0.5) for _ in range(2))
    words = [changes.judged(s, 1.0, SIZE)[0] for s in shifted(metric, base, new, is_paired=True)]
    assert (np.concatenate(words, axis=1) == "regressed").any(axis=1).sum() <= 20


def test_power_is_the_share_that_is_found() -> None:
    random, sd, shift = np.random.default_rng(6), 0.02, math.log(1.05)
    base, new = (random.normal(0, sd, (4000, 1, 9)) for _ in range(2))
    tested = changes.welch(base, new + shift, 0.0)
    p = tested.p_worse < changes.ALPHA / SIZE
    assert changes.power(9, sd, shift, LEAST, SIZE) == pytest.approx(p.mean(), abs=0.03)
    needed = changes.units_needed(sd, shift, LEAST, SIZE)
    assert changes.power(needed, sd, shift, LEAST, SIZE) >= changes.POWER
    assert changes.power(needed - 1, sd, shift, LEAST, SIZE) < changes.POWER
    assert changes.units_needed(sd, LEAST, LEAST, SIZE) == changes.MOST_UNITS


@pytest.mark.parametrize(
    ("shifts", "answer"),
    [
        ((0.0, 0.0, 0.0), False),
        ((0.0, 0.2, 0.0), False),  # another arm alone
        ((0.2, 0.2, 0.2), False),  # all arms
        ((0.2, 0.15, 0.3), False),  # all arms, unequally
        ((0.2, 0.0, 0.0), True),
        ((0.2, 0.2, 0.0), True),
        ((0.2, -0.2, 0.2), True),
    ],
)
def test_a_baseline_that_changes_without_the_others_is_told_apart(
    shifts: tuple[float, ...], answer: bool
) -> None:
    random = np.random.default_rng(11)
    base, new = (random.normal(0, 0.01, (3, 8)) for _ in range(2))
    new += np.array(shifts)[:, None]
    for sign in (1, -1):
        own = changes.parts(base, sign * new).own
        tested = changes.welch(base, sign * new, 0.0), changes.welch(*own, 0.0)
        assert changes.left_alone(*tested) is answer


def test_an_accepted_shift_is_what_is_measured_from() -> None:
    random = np.random.default_rng(7)
    base, new = (random.normal(0, 0.01, (1, 1, 8)) for _ in range(2))
    word = [
        str(changes.judged(changes.welch(base, new + 0.1, 0.0, null), 0.02, 1, null)[0][0, 0])
        for null in (0.0, 0.1, 0.2)
    ]
    assert word == ["regressed", "unchanged", "improved"]


@pytest.mark.slow
def test_whole_comparisons_of_nothing_with_nothing() -> None:
    random = np.random.default_rng(8)
    alarms = sum(
        compare(lines("old", random), lines("new", random)).exit_code() != 0 for _ in range(300)
    )
    assert alarms <= 3
