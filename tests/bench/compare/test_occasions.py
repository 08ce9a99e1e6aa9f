"""A shift that all arms share is a finding only if it can be told from the occasion."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from bench.compare import occasions
from bench.compare.metrics import by_name
from bench.compare.occasions import INSEPARABLE, Spread, in_turn, over_occasions, spread
from bench.compare.regressions import Comparison, compare
from bench.compare.shifts import ENVIRONMENT
from bench.stats import changes
from bench.storage.history import Line, read, study_lines
from tests.bench.compare.lines import ARMS, began, lines

HISTORY = Path(__file__).parents[3] / "results" / "planted-slowdown" / "history.jsonl"
FEW = ARMS[:2]


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(11)


def side(name: str, random: np.random.Generator, minutes: list[int | None]) -> list[Line]:
    """Make a study of two arms whose processes began at some minutes."""
    changed = []
    for line in lines(name, random, FEW, processes=len(minutes)):
        processes = tuple(
            process.model_copy(update={"started": "" if at is None else began(0, at)})
            for process, at in zip(line.processes, minutes, strict=True)
        )
        changed.append(line.model_copy(update={"processes": processes}))
    return changed


@pytest.mark.parametrize(
    ("base", "new", "answer"),
    [
        ([0, 3, 4], [1, 2, 5], True),  # old new, new old, old new
        ([0, 3, 4, 7], [1, 2, 5], True),  # one is still to come
        ([0, 1], [2, 3], False),  # one side after the other
        ([0, 1, 2, 5, 6], [3, 4, 7], False),  # one side had a start
        ([0, None], [1, 2], False),
        ([None, None], [None, None], False),
    ],
)
def test_sides_that_took_turns_are_known_by_their_start_times(
    base: list[int | None], new: list[int | None], answer: bool, random: np.random.Generator
) -> None:
    sides = side("old", random, base), side("new", random, new)
    assert in_turn(*sides) is answer
    assert in_turn(*reversed(sides)) is answer


def shared(comparison: Comparison, metric: str = "step_time") -> dict:
    rows = comparison.findings
    return rows[(rows["arm"] == ENVIRONMENT) & (rows["metric"] == metric)].iloc[0].to_dict()


def test_a_shared_slow_down_from_another_occasion_is_no_finding(
    random: np.random.Generator,
) -> None:
    before = lines("old", random, processes=8)
    after = lines("new", random, processes=8, hour=1, all_slower=0.1, slower={"arm4": 0.1})
    comparison = compare(before, after)
    row = shared(comparison)
    assert (row["verdict"], row["reason"]) == ("inconclusive", INSEPARABLE)
    assert np.isnan([row["low"], row["high"], row["p_adjusted"]]).all()
    assert set(comparison.regressions["arm"]) == {"arm4"}, "an arm beside its own baseline stays"
    assert comparison.advice[0].startswith(
        "NOTICE images: the step time that all arms share is not"
    )
    turns = compare(before, lines("new", random, processes=8, all_slower=0.1))
    assert shared(turns)["verdict"] == "regressed"
    assert shared(comparison, "memory")["verdict"] == "unchanged", "no matter of the occasion"
    assert not any(line.startswith("NOTICE") for line in turns.advice)


def test_without_a_slow_arm_the_exit_code_is_0(random: np.random.Generator) -> None:
    before = lines("old", random, processes=8)
    after = lines("new", random, processes=8, hour=None, all_slower=0.3)
    assert compare(before, after).exit_code() == 0


def past(random: np.random.Generator, sd: float, count: int) -> list[Line]:
    """Make studies of the same code on occasions with a spread of `sd` (a share)."""
    return [
        line
        for number in range(count)
        for line in lines(f"past{number}", random, hour=2 + number,
                          all_slower=float(np.expm1(random.normal(0, sd))))
    ]  # fmt: skip


def test_the_history_says_how_far_occasions_are_apart(random: np.random.Generator) -> None:
    before = lines("old", random, processes=8)
    after = lines("new", random, processes=8, hour=1, all_slower=0.25)
    quiet, loud = (compare(before, after, history=past(random, sd, 12)) for sd in (0.01, 0.1))
    assert shared(quiet)["verdict"] == "regressed"
    assert shared(quiet)["test"] == "Welch, 13 occasions"
    assert shared(loud)["verdict"] == "inconclusive"
    assert shared(loud)["low"] < shared(quiet)["low"] < 25 < shared(quiet)["high"]


def test_fewer_than_three_occasions_are_no_history(random: np.random.Generator) -> None:
    before = lines("old", random, processes=8)
    after = lines("new", random, processes=8, hour=1, all_slower=0.25)
    studies = past(random, 0.01, 2)
    assert shared(compare(before, after, history=studies[: len(ARMS)]))["reason"] == INSEPARABLE
    assert "occasions" in shared(compare(before, after, history=studies))["test"]
    mine = [line.model_copy(update={"study": "new"}) for line in studies]
    assert shared(compare(before, after, history=mine))["reason"] == INSEPARABLE
    elsewhere = [line.model_copy(update={"machine": "m2"}) for line in studies]
    assert shared(compare(before, after, history=elsewhere))["reason"] == INSEPARABLE


def test_occasions_are_compared_within_their_software(random: np.random.Generator) -> None:
    """An upgrade that took 50% is no spread of occasions."""
    base = {line.arm: line for line in lines("old", random, process_sd=0.001)}
    upgraded = [
        line
        for number in range(3)
        for line in lines(f"n{number}", random, process_sd=0.001, all_slower=0.5, hour=2 + number,
                          software={"tensorflow": "2.21.0"})
    ]  # fmt: skip
    found = spread(by_name()["step_time"], base, upgraded)
    assert found is not None
    assert (found.df, found.occasions) == (2, 3), "one study of a software has no spread"
    assert found.sd < 0.005


def test_studies_that_took_turns_are_one_occasion(random: np.random.Generator) -> None:
    base = {line.arm: line for line in lines("old", random, FEW)}
    step = by_name()["step_time"]
    copies = [
        line
        for hour, slower in ((2, 0.1), (3, 0.2))
        for number in range(4)
        for line in lines(f"h{hour}{number}", random, FEW, hour=hour, all_slower=slower)
    ]
    assert spread(step, base, copies[: len(copies) // 2]) is None, "two occasions"
    found = spread(step, base, copies)
    assert found is not None
    assert (found.df, found.occasions) == (2, 3)
    assert found.sd == pytest.approx(np.std(np.log([1, 1.1, 1.2]), ddof=1), abs=0.02)
    unknown = lines("unknown", random, FEW, hour=None)
    again = spread(step, base, [*copies, *unknown])
    assert again is not None
    assert again.occasions == 4


def test_two_softwares_on_the_same_occasions_count_once(random: np.random.Generator) -> None:
    """Three upgrades, each measured in turn with the old software: two degrees of freedom."""
    slower = (0.0, 0.1, 0.2)
    base = {line.arm: line for line in lines("old0", random, FEW, process_sd=0.001)}
    history = [
        line
        for hour in range(3)
        for name, factor, version in (("old", 1.0, "2.20.0"), ("new", 1.5, "2.21.0"))
        if (name, hour) != ("old", 0)
        for line in lines(f"{name}{hour}", random, FEW, process_sd=0.001, hour=hour,
                          all_slower=factor * (1 + slower[hour]) - 1,
                          software={"tensorflow": version})
    ]  # fmt: skip
    found = spread(by_name()["step_time"], base, history)
    assert found is not None
    assert (found.df, found.occasions) == (2, 3)
    assert found.sd == pytest.approx(np.std(np.log1p(slower), ddof=1), abs=0.005)


def test_two_occasions_differ_by_more_than_one_varies() -> None:
    """The difference of two independent occasions has twice the variance of one."""
    random = np.random.default_rng(12)
    occasion = Spread(0.05, 4, 5)
    differences = random.normal(0, occasion.sd, 20_000) - random.normal(0, occasion.sd, 20_000)
    estimated = occasion.sd * np.sqrt(random.chisquare(4, 20_000) / 4)
    alarms = []
    for difference, sd in zip(differences[:2_000], estimated, strict=False):
        sides = np.zeros(50), np.full(50, difference)
        judged = over_occasions(changes.welch(*sides, 1e-6), Spread(sd, 4, 5))
        alarms.append((judged.p_worse < 0.05, judged.low > 0, judged.high < 0))
    assert np.mean(alarms, axis=0) == pytest.approx(0.05, abs=0.015)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Line]]:
    """Read the committed studies: ten pairs of the same code, and one with a slower copy."""
    monkeypatch.setattr(changes, "units_needed", lambda *_: 1)  # advice takes a second each
    monkeypatch.setattr(gc, "collect", lambda: 0)  # statsmodels calls it for each family
    stored = read(HISTORY).lines
    return {name: study_lines(stored, name) for name in {line.study for line in stored}}


def test_the_same_code_on_other_occasions_raises_at_most_one_alarm(
    measured: dict[str, list[Line]],
) -> None:
    same = sorted(name for name in measured if name.startswith("same"))
    history = [line for study in measured.values() for line in study]
    pairs = [(a, b) for a in same for b in same if a.split("-")[0] != b.split("-")[0]]
    assert len(pairs) == 360
    for known in (history, []):
        findings = [compare(measured[a], measured[b], history=known).findings for a, b in pairs]
        assert sum((f["verdict"].isin(["regressed", "improved"])).any() for f in findings) <= 1


def test_the_planted_slow_down_is_still_named(measured: dict[str, list[Line]]) -> None:
    history = [line for study in measured.values() for line in study]
    comparison = compare(measured["planted0-old"], measured["planted0-new"], history=history)
    assert comparison.exit_code() == 3
    assert set(comparison.regressions["arm"]) == {"planted"}
    assert "22 occasions" not in shared(comparison)["test"]
    assert "21 occasions" in shared(comparison)["test"]


def test_a_spread_of_nothing_is_a_floor(random: np.random.Generator) -> None:
    base = {line.arm: line for line in lines("old", random)}
    unknown = lines("old", np.random.default_rng(11), hour=None)
    copies = [line.model_copy(update={"study": f"{n}"}) for n in range(3) for line in unknown]
    found = spread(by_name()["step_time"], base, copies)
    assert found is not None
    assert found.sd == pytest.approx(np.log1p(0.001))
    assert occasions.LEAST_OCCASIONS == 3
