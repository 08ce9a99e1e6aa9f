"""Critical values: Student's t for one look, a confidence sequence for any number of looks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.analysis.verdict import LOOKS
from bench.stats.errors import Level, Sample, errors
from bench.stats.laws import AnyLook, FixedLook
from bench.stats.moderated import NONE
from tests.bench.stats.simulators import share_tolerance

LEVEL = 0.025


def running(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Yield n and the t statistic of mean 0 of the first n of each row, for n = 2, 3, ..."""
    n = np.arange(1, x.shape[1] + 1)
    mean = x.cumsum(axis=1) / n
    square = (x**2).cumsum(axis=1) - n * mean**2
    sd = np.sqrt(square[:, 1:] / (n[1:] - 1))
    return n[1:], mean[:, 1:] * np.sqrt(n[1:]) / sd, sd


def any_look(n: np.ndarray, first: int) -> AnyLook:
    return AnyLook(n - 1.0, np.full(len(n), first - 1.0), n / first)


@pytest.mark.parametrize("first", [3, 5, 10])
def test_looking_at_every_trial_costs_no_error(first: int) -> None:
    random = np.random.default_rng(first)
    n, t, _ = running(random.normal(0, 1, (4000, 150)))
    n, t = n[first - 2 :], t[:, first - 2 :]
    crossed = (np.abs(t) > any_look(n, first).critical(LEVEL)).any(axis=1)
    assert np.mean(crossed) <= 2 * LEVEL + share_tolerance(2 * LEVEL, 4000)
    assert np.mean(crossed) > LEVEL / 2  # and it is no wider than it must be
    fixed = (np.abs(t) > FixedLook(n - 1.0).critical(LEVEL)).any(axis=1)
    assert np.mean(fixed) > 0.15  # t tests at each look, in its place


@pytest.mark.parametrize("first", [5, 10])
def test_seeds_added_after_the_verdicts_of_a_fixed_number_cost_at_most_a_point(first: int) -> None:
    """The fixed number has spent the whole level; `first_look` in `bench.analysis.verdict` says so."""
    paths, random = 20_000, np.random.default_rng(10 + first)
    n, t, _ = running(random.normal(0, 1, (paths, LOOKS[-1])))
    at_first = np.abs(t[:, n == first]) > FixedLook(np.array([first - 1.0])).critical(LEVEL)
    later = np.isin(n, [seeds for seeds in LOOKS if seeds > first])
    crossed = np.abs(t[:, later]) > any_look(n[later], first).critical(LEVEL)
    wrong = float(np.mean(at_first[:, 0] | crossed.any(axis=1)))
    assert wrong + share_tolerance(2 * LEVEL, paths) > 2 * LEVEL
    assert wrong <= 0.06


def test_with_moderated_variances_too() -> None:
    """The variance is drawn from the prior whose degrees of freedom are added."""
    random = np.random.default_rng(4)
    paths, first, added = 4000, 5, 8.0
    sd = np.sqrt(added / random.chisquare(added, paths))
    n, t, own = running(random.normal(0, 1, (paths, 100)) * sd[:, None])
    variance = (added + (n - 1) * own**2) / (added + n - 1)
    t = (t * own / np.sqrt(variance))[:, first - 2 :]
    n = n[first - 2 :]
    law = AnyLook(n - 1 + added, np.full(len(n), first - 1 + added), n / first)
    crossed = (np.abs(t) > law.critical(LEVEL)).any(axis=1)
    assert np.mean(crossed) <= 2 * LEVEL + share_tolerance(2 * LEVEL, paths)
    wider = any_look(n, first).critical(LEVEL)
    assert (law.critical(LEVEL)[:5] < wider[:5]).all()


def test_an_error_that_trials_do_not_reduce_is_part_of_it() -> None:
    """The test examples are the same at every look."""
    random = np.random.default_rng(5)
    paths, first, fixed_sd = 4000, 10, 0.25
    x = random.normal(0, 1, (paths, 150)) + fixed_sd * random.normal(0, 1, (paths, 1))
    n = np.arange(first, 151)
    mean = (x.cumsum(axis=1) / np.arange(1, 151))[:, first - 1 :]
    variance = 1 / n + fixed_sd**2
    df = np.full(len(n), 1e6)
    law = AnyLook(df, df, variance[0] / variance)
    crossed = (np.abs(mean / np.sqrt(variance)) > law.critical(LEVEL)).any(axis=1)
    assert np.mean(crossed) <= 2 * LEVEL + share_tolerance(2 * LEVEL, paths)


@pytest.mark.parametrize(
    "law",
    [
        FixedLook(np.array([2.0, 4.0, 30.0])),
        AnyLook(np.array([4.0, 9.0, 30.0]), np.array([4.0, 4.0, 20.0]), np.array([1.0, 2.0, 5.0])),
    ],
)
@pytest.mark.parametrize("level", [0.05, 1e-3, 1e-6])
def test_p_is_the_level_of_the_critical_value(law: FixedLook | AnyLook, level: float) -> None:
    assert law.p(law.critical(level)) == pytest.approx(level, rel=1e-6)
    assert (law.p(np.full(3, -1.0)) >= 0.5).all()


def test_at_the_first_look_the_sequence_is_already_wider_than_t() -> None:
    one = any_look(np.array([5]), 5).critical(LEVEL)
    assert one > stats.t.isf(LEVEL, 4)
    later = any_look(np.array([5, 10, 20, 40]), 5).critical(LEVEL) / np.sqrt([5, 10, 20, 40])
    assert (np.diff(later) < 0).all()


def test_the_sequence_of_a_sample_starts_with_what_was_known_at_the_first_look() -> None:
    """After 10 trials, the first look at 6: its sd had 5 degrees of freedom."""
    sample = Sample(np.random.default_rng(6).normal(0, 1, 10))
    law = errors([sample], Level(NONE, False)).law(np.array([10.0]), 6)
    expected = any_look(np.array([10]), 6).critical(LEVEL)
    assert law.critical(LEVEL) == pytest.approx(expected)
