"""Planted shifts are found, equal studies raise no alarm, and unlike ones are not compared."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.compare.metrics import minimums, threshold
from bench.compare.regressions import compare
from bench.compare.shifts import ENVIRONMENT
from bench.core.errors import UsageError
from bench.stats import changes
from bench.storage.history import Line
from tests.bench.compare.lines import ARMS, found, lines, row

SMALL = ("baseline", "mixup")


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


def test_one_strategy_that_became_slower_is_named(random: np.random.Generator) -> None:
    before = lines("old", random, processes=8)
    after = lines("new", random, processes=8, slower={"arm4": 0.08})
    comparison = compare(before, after)
    assert found(comparison) == {("arm4", "step_time")}
    assert comparison.exit_code() == 3
    told = row(comparison, "arm4", "step_time")
    assert told["change"] == pytest.approx(8, abs=1.5)
    assert told["low"] < told["change"] < told["high"]
    assert told["new"] / told["base"] == pytest.approx(1.08, abs=0.015)


def test_what_all_arms_share_is_one_finding(random: np.random.Generator) -> None:
    before = lines("old", random, processes=8)
    changed = {"software": {"tensorflow": "2.21.0"}}
    after = lines("new", random, processes=8, all_slower=0.1, all_worse=4, **changed)
    comparison = compare(before, after)
    assert found(comparison) == {
        (ENVIRONMENT, "step_time"), (ENVIRONMENT, "accuracy"), (ENVIRONMENT, "convergence"),
    }  # fmt: skip
    assert comparison.treatment == ("tensorflow 2.20.0 -> 2.21.0",)
    assert row(comparison, ENVIRONMENT, "accuracy")["change"] == pytest.approx(-4, abs=1)


def test_a_baseline_that_shifts_alone_is_one_finding_too(random: np.random.Generator) -> None:
    comparison = compare(
        lines("old", random), lines("new", random, accuracy_shift={"baseline": -6.0})
    )
    assert {arm for arm, _ in found(comparison)} == {"baseline"}


def test_a_baseline_that_slows_alone_is_one_finding(random: np.random.Generator) -> None:
    """Its arms take what they took, so that every ratio falls."""
    before, after = lines("old", random, processes=8), lines("new", random, processes=8)
    slowed = []
    for line in after:
        own = line.arm == "baseline"
        processes = tuple(
            p.model_copy(update={"ms": 1.1 * p.ms} if own else {"ratio": p.ratio / 1.1})
            for p in line.processes
        )
        slowed.append(line.model_copy(update={"processes": processes}))
    comparison = compare(before, slowed)
    assert found(comparison) == {("baseline", "step_time")}
    assert row(comparison, "baseline", "step_time")["change"] == pytest.approx(10, abs=2)
    assert not found(comparison, "improved")


def test_among_few_arms_a_faster_one_slows_no_other(random: np.random.Generator) -> None:
    few = ARMS[:4]
    for number in range(20):
        before = lines("old", random, few, process_sd=0.03)
        after = lines("new", random, few, process_sd=0.03, slower={"arm1": -0.3})
        assert not found(compare(before, after)), number


def test_with_two_arms_the_baseline_stands_for_the_environment(
    random: np.random.Generator,
) -> None:
    before = lines("old", random, SMALL, processes=8)
    after = lines("new", random, SMALL, processes=8, accuracy_shift={"mixup": -5.0})
    assert {arm for arm, _ in found(compare(before, after))} == {"mixup"}
    after = lines("new", random, SMALL, processes=8, all_worse=5)
    assert {arm for arm, _ in found(compare(before, after))} == {ENVIRONMENT}
    assert ("baseline", "accuracy") not in {
        (r.arm, r.metric) for r in compare(before, after).findings.itertuples()
    }


def test_among_few_arms_a_baseline_that_falls_alone_lifts_no_other(
    random: np.random.Generator,
) -> None:
    few, lost = ARMS[:4], {"baseline": -5.0}
    before = lines("old", random, few, accuracy_sd=0.5)
    comparison = compare(before, lines("new", random, few, accuracy_sd=0.5, accuracy_shift=lost))
    assert {arm for arm, _ in found(comparison)} == {"baseline"}
    assert not found(comparison, "improved")
    rows = comparison.findings[comparison.findings["metric"] == "accuracy"]
    assert list(rows["arm"]) == list(few), "no row speaks of all arms"
    gained = {"baseline": 5.0}
    mirrored = compare(before, lines("new", random, few, accuracy_sd=0.5, accuracy_shift=gained))
    assert not found(mirrored), "no arm lost anything"
    accepted = {("images", "baseline", metric): 5.0 for metric in ("accuracy", "convergence")}
    later = lines("newer", random, few, accuracy_sd=0.5, accuracy_shift=lost)
    assert not found(compare(before, later, accepted=accepted))


def test_among_few_arms_a_baseline_that_speeds_up_alone_slows_no_other(
    random: np.random.Generator,
) -> None:
    before, after = (lines(name, random, ARMS[:4], processes=8) for name in ("old", "new"))
    faster = []
    for line in after:
        own = line.arm == "baseline"
        processes = tuple(
            p.model_copy(update={"ms": 0.9 * p.ms} if own else {"ratio": p.ratio / 0.9})
            for p in line.processes
        )
        faster.append(line.model_copy(update={"processes": processes}))
    comparison = compare(before, faster)
    assert not found(comparison)
    assert found(comparison, "improved") == {("baseline", "step_time")}


def numbered_from(first: int, study: list[Line], start: str | None = None) -> list[Line]:
    """Return the study with seeds from a number on, and initial weights named by `start`."""
    return [
        line.model_copy(
            update={
                "seeds": tuple(
                    s.model_copy(
                        update={
                            "seed": first + s.seed,
                            "start": s.start if start is None else f"{start}{first + s.seed}",
                        }
                    )
                    for s in line.seeds
                )
            }
        )
        for line in study
    ]


@pytest.mark.parametrize("first", [0, 5, 8, 9, 10])
@pytest.mark.parametrize("start", [None, "same"])
def test_seeds_that_overlap_in_part_lose_none(
    first: int, start: str | None, random: np.random.Generator
) -> None:
    """Half of the seeds make pairs, if they start equal. Fewer pairs would be weaker than samples."""
    before = numbered_from(0, lines("old", random, ARMS[:3], accuracy_sd=0.8), start)
    after = lines("new", random, ARMS[:3], accuracy_sd=0.8, accuracy_shift={"arm2": -8.0})
    comparison = compare(before, numbered_from(first, after, start))
    told = row(comparison, "arm2", "accuracy")
    paired = start is not None and first <= 5
    assert told["test"] == ("paired t" if paired else "Welch")
    count = 10 - first if paired else 10
    assert (told["base_count"], told["new_count"]) == (count, count)
    assert paired or told["verdict"] == "regressed"


def test_an_improvement_is_told_and_does_not_fail(random: np.random.Generator) -> None:
    after = lines("new", random, processes=8, slower={"arm2": -0.1}, accuracy_shift={"arm1": 5.0})
    comparison = compare(lines("old", random, processes=8), after)
    assert {("arm2", "step_time"), ("arm1", "accuracy")} <= found(comparison, "improved")
    assert comparison.exit_code() == 0


def test_a_study_and_itself_are_unchanged() -> None:
    study = lines("same", np.random.default_rng(0), processes=8)
    comparison = compare(study, study)
    assert comparison.exit_code() == 0
    quality = comparison.findings[comparison.findings["metric"] == "accuracy"]
    assert set(quality["verdict"]) == {"unchanged"}
    assert set(quality["test"]) == {"paired t"}
    assert row(comparison, "arm3", "accuracy")["reason"] == "identical in every seed"


def test_pairs_find_what_seeds_hide(random: np.random.Generator) -> None:
    """Seeds that vary by 6 points, and every seed of one arm 2 points worse in the new study."""
    before = lines("old", random, accuracy_sd=6)
    after = []
    for line in before:
        lost = 0.02 if line.arm == "arm1" else 0.0
        seeds = tuple(s.model_copy(update={"accuracy": s.accuracy - lost}) for s in line.seeds)
        after.append(line.model_copy(update={"study": "new", "seeds": seeds}))
    assert found(compare(before, after)) == {("arm1", "accuracy")}
    other = [
        line.model_copy(
            update={"seeds": tuple(s.model_copy(update={"start": "x"}) for s in line.seeds)}
        )
        for line in after
    ]
    unpaired = compare(before, other)
    assert found(unpaired) == set()
    assert row(unpaired, "arm1", "accuracy")["test"] == "Welch"


def test_one_process_a_side_is_inconclusive_and_never_fails(random: np.random.Generator) -> None:
    after = lines("new", random, processes=1, slower={"arm1": 0.9})
    comparison = compare(lines("old", random, processes=1), after)
    assert comparison.exit_code() == 0
    told = row(comparison, "arm1", "step_time")
    assert told["verdict"] == "inconclusive"
    assert "one replicate" in told["reason"]
    assert math.isnan(told["low"])


CHANGES = [
    ({"data": "tfds:cifar10:4.0.0"}, "data: tfds:cifar10:3.0.2 and tfds:cifar10:4.0.0"),
    ({"data_hash": "e"}, "other data under the same name"),
    ({"recipe": {"steps": 200}}, "recipe.steps: 100 and 200"),
    ({"settings": {"precision": "mixed_bfloat16"}}, "settings.precision: float32 and mixed"),
    ({"strategies": "mixup[alpha=0.4]"}, "strategies:"),
]


@pytest.mark.parametrize(("change", "reason"), CHANGES)
def test_other_data_recipes_or_settings_are_incomparable(
    change: dict, reason: str, random: np.random.Generator
) -> None:
    before = lines("old", random, slower=None)
    after = lines("new", random, all_worse=30, **change)
    comparison = compare(before, after)
    assert set(comparison.findings["verdict"]) == {"incomparable"}
    assert comparison.findings["reason"].str.contains(reason, regex=False).all()
    assert comparison.exit_code() == 4


def test_another_machine_bars_speed_and_not_quality(random: np.random.Generator) -> None:
    before = lines("old", random)
    after = lines("new", random, all_slower=0.5, all_worse=5, machine="m2")
    comparison = compare(before, after)
    assert found(comparison) == {(ENVIRONMENT, "accuracy"), (ENVIRONMENT, "convergence")}
    assert row(comparison, "arm1", "step_time")["reason"] == "hardware: machine m1 and m2"


def test_stand_in_data_gets_no_verdict_on_quality(random: np.random.Generator) -> None:
    before = lines("old", random, synthetic=True)
    after = lines("new", random, synthetic=True, all_worse=9, slower={"arm1": 0.3})
    assert found(compare(before, after)) == {("arm1", "step_time")}


def test_an_arm_that_only_one_study_has_is_told(random: np.random.Generator) -> None:
    before = lines("old", random)
    comparison = compare(before, lines("new", random, ARMS[:-1]))
    told = comparison.findings[comparison.findings["arm"] == ARMS[-1]]
    assert told["reason"].tolist() == ["only in the base study"]


def test_arms_without_their_baseline_are_too_few(random: np.random.Generator) -> None:
    before, after = lines("old", random, SMALL)[1:], lines("new", random, SMALL)[1:]
    comparison = compare(before, after)
    assert comparison.exit_code() == 4
    assert comparison.findings["reason"].str.contains("its baseline cannot be compared").all()


def other_machine(study: list[Line], rate: float = 0.9e9) -> list[Line]:
    return [
        line.model_copy(
            update={
                "processes": tuple(
                    p.model_copy(update={"matrix_rate": rate}) for p in line.processes
                )
            }
        )
        for line in study
    ]


def test_a_slower_machine_is_not_held_against_the_same_software(
    random: np.random.Generator,
) -> None:
    before = lines("old", random, processes=8)
    after = other_machine(lines("new", random, processes=8, all_slower=0.1))
    comparison = compare(before, after)
    told = row(comparison, ENVIRONMENT, "step_time")
    assert (told["verdict"], comparison.exit_code()) == ("inconclusive", 0)
    assert "matrix product slowed as much" in told["reason"]
    upgraded = [x.model_copy(update={"software": {"tensorflow": "2.21.0"}}) for x in after]
    assert found(compare(before, upgraded)) == {(ENVIRONMENT, "step_time")}


def test_a_faster_machine_is_no_merit_of_the_same_software(random: np.random.Generator) -> None:
    before = lines("old", random, processes=8)
    faster = lines("new", random, processes=8, all_slower=-0.1)
    told = row(compare(before, other_machine(faster, 1.11e9)), ENVIRONMENT, "step_time")
    assert told["verdict"] == "inconclusive"
    assert "matrix product sped up as much" in told["reason"]
    alone = row(compare(before, faster), ENVIRONMENT, "step_time")
    assert alone["verdict"] == "improved", "the matrix product took what it took"


def test_an_accepted_shift_hides_no_further_one(random: np.random.Generator) -> None:
    """Accepted: 5%. Now 15%, with too few noisy processes for a verdict."""
    before = lines("old", random, processes=3, process_sd=0.02)
    accepted = {("images", "arm4", "step_time"): math.log(1.05)}
    after = lines("new", random, processes=3, process_sd=0.02, slower={"arm4": 0.15})
    told = row(compare(before, after, accepted=accepted), "arm4", "step_time")
    assert told["p_adjusted"] > 0.01
    assert (told["verdict"], told["reason"]) == ("inconclusive", "measured from the accepted +5.0%")


def test_an_accepted_shift_alerts_once_and_a_further_one_again(
    random: np.random.Generator,
) -> None:
    before = lines("old", random, processes=8)
    accepted = {("images", "arm4", "step_time"): math.log(1.08)}
    same = lines("new", random, processes=8, slower={"arm4": 0.08})
    comparison = compare(before, same, accepted=accepted)
    assert found(comparison) == set()
    assert found(comparison, "accepted") == {("arm4", "step_time")}
    worse = lines("newer", random, processes=8, slower={"arm4": 0.17})
    assert found(compare(before, worse, accepted=accepted)) == {("arm4", "step_time")}


def test_minimums_and_the_metrics_that_fail(random: np.random.Generator) -> None:
    before = lines("old", random, processes=8)
    after = lines("new", random, processes=8, slower={"arm4": 0.08})
    comparison = compare(before, after)
    assert comparison.exit_code(["accuracy"]) == 0
    assert comparison.exit_code(["accuracy", "step_time"]) == 3
    assert compare(before, after, {**minimums(), "step_time": 15.0}).exit_code() == 0


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("step_time:5%", ("step_time", 5.0)),
        ("accuracy:2", ("accuracy", 2.0)),
        ("memory", ("memory", 5.0)),
    ],
)
def test_thresholds(text: str, meant: tuple[str, float]) -> None:
    assert threshold(text) == meant


@pytest.mark.parametrize(
    "text", ["step_time:5", "accuracy:2%", "steptime:5%", "memory:-1%", "memory:x%"]
)
def test_wrong_thresholds(text: str) -> None:
    with pytest.raises(UsageError):
        threshold(text)


def test_the_advice_names_a_number_of_processes(random: np.random.Generator) -> None:
    told = compare(lines("old", random), lines("new", random)).advice
    assert len(told) == 1
    sd, needed = (float(word.rstrip("%")) for word in (told[0].split()[5], told[0].split()[10]))
    assert 0.8 < sd < 1.3
    assert 6 <= needed <= 9


def test_the_common_shift_withstands_one_large_one() -> None:
    base, new = np.zeros((7, 4)), np.zeros((7, 4))
    new[2] = 50
    found = changes.parts(base, new + 3)
    assert found.common[1].tolist() == [3, 3, 3, 3]
    assert found.own[1].tolist() == [[50.0 * (arm == 2)] * 4 for arm in range(7)]
