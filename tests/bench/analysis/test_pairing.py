from __future__ import annotations

from typing import Any

import pytest

from bench.analysis.frames import trials_frame
from bench.analysis.pairing import contrasts, fairness, pair
from bench.core.record import Hashes
from tests.bench.analysis import studies

BASELINE = studies.arm("baseline")


def hashes(seed: int = 0, **changes: Any) -> Hashes:
    return studies.record(BASELINE, seed).hashes.model_copy(update=changes)


def judged(arm: Any, **changes: Any) -> tuple[int, list[str]]:
    """Return the compared pairs and the named differences of an arm's trial and the baseline's."""
    study = studies.study([BASELINE, arm], 1)
    made = [studies.record(BASELINE, 0), studies.record(arm, 0, **changes)]
    found = pair(trials_frame(study, made), contrasts(study))
    return len(found.pairs), list(found.rejected["difference"])


def test_equal_trials_are_compared() -> None:
    assert judged(studies.arm("mixup")) == (1, [])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"hashes": hashes(batch_order="x")}, "batch order"),
        ({"hashes": hashes(data="x")}, "hashes of the arrays differ"),
        ({"hashes": hashes(initial_weights={"stem": "x"})}, "initial weights of stem"),
        ({"recipe": {**studies.RECIPE, "learning_rate": 1.0}}, "recipe.learning_rate: 1.0"),
        ({"recipe": {**studies.RECIPE, "extra": 1}}, "recipe.extra: 1, reference absent"),
        ({"settings": {**studies.SETTINGS, "xla": True}}, "settings.xla: True, reference False"),
        ({"streams": 1}, "streams: 1"),
        ({"steps": 99}, "steps: 99, reference 100"),
    ],
)
def test_what_differs_beyond_the_treatment_is_named(changes: dict[str, Any], named: str) -> None:
    pairs, found = judged(studies.arm("mixup"), **changes)
    assert pairs == 0
    assert len(found) == 1
    assert named in found[0]


def test_strategies_are_part_of_what_must_be_equal() -> None:
    arm = studies.arm("mixup", treatment=("recipe.learning_rate",))
    assert judged(arm) == (0, ["strategies: mixup, reference none"])


def test_a_slot_of_one_arm_alone_does_not_matter() -> None:
    slots = {"stem": "w0", "head": "h0", "norm": "n0"}
    assert judged(studies.arm("mixup"), hashes=hashes(initial_weights=slots)) == (1, [])


@pytest.mark.parametrize(
    ("treatment", "recipe", "hash_changes"),
    [
        ("recipe.learning_rate", {"learning_rate": 1.0}, {}),
        ("recipe.train_examples", {"train_examples": 9}, {"data": "x", "batch_order": "x"}),
        ("recipe.steps", {"steps": 50}, {"batch_order": "x"}),
        ("recipe.evaluations", {"evaluations": 3}, {"batch_order": "x"}),
        ("recipe.widths", {"widths": [8]}, {"initial_weights": {"stem": "x"}}),
        ("early stopping", {}, {"batch_order": "x"}),
        ("early_stopping", {}, {"batch_order": "x"}),
    ],
)
def test_a_treatment_may_change_what_follows_from_it(
    treatment: str, recipe: dict[str, Any], hash_changes: dict[str, Any]
) -> None:
    changed = {**studies.RECIPE, **recipe}
    arm = studies.arm("baseline[x]", strategies=(), treatment=(treatment,), recipe=changed)
    steps = {"steps": 50} if "stop" in treatment else {}
    assert judged(arm, hashes=hashes(**hash_changes), **steps) == (1, [])


def test_a_learning_rate_sweep_may_not_change_the_batch_order() -> None:
    arm = studies.arm("baseline[x]", strategies=(), treatment=("recipe.learning_rate",))
    assert judged(arm, hashes=hashes(batch_order="x")) == (0, ["batch order (hashes differ)"])


def test_the_control_differs_in_streams_and_order_only() -> None:
    assert judged(studies.AA) == (1, [])
    assert judged(studies.AA, hashes=hashes(initial_weights={"stem": "x"}))[0] == 0


def test_a_diverged_trial_was_stopped_and_is_compared() -> None:
    arm = studies.arm("mixup")
    study = studies.study([BASELINE, arm], 1)
    stopped = studies.diverged(arm, 0).model_copy(update={"hashes": hashes(batch_order="x")})
    found = pair(trials_frame(study, [studies.record(BASELINE, 0), stopped]), contrasts(study))
    assert len(found.pairs) == 1


def test_only_seeds_of_both_arms_make_pairs_and_failed_ones_do_not() -> None:
    arm = studies.arm("mixup")
    study = studies.study([BASELINE, arm], 4)
    made = [studies.record(BASELINE, seed) for seed in (0, 1, 2)]
    made += [studies.record(arm, seed) for seed in (1, 3)]
    trials = trials_frame(study, made, [("images", "mixup", 0)])
    assert list(pair(trials, contrasts(study)).pairs["seed"]) == [1]


def test_fairness_says_what_was_equal_and_what_was_not_compared() -> None:
    arm = studies.arm("mixup")
    study = studies.study([BASELINE, arm, studies.AA], 2)
    made = [studies.record(one, seed) for one in study.arms for seed in (0, 1)]
    made[3] = made[3].model_copy(update={"hashes": hashes(1, data="x")})
    trials = trials_frame(study, made)
    table = fairness(study, trials, pair(trials, contrasts(study))).set_index("arm")
    assert table.loc["mixup", ["compared", "not_compared", "shared_slots"]].tolist() == [1, 1, 2]
    assert "hashes of the arrays differ" in table.loc["mixup", "statement"]
    assert "batch order" in table.loc["mixup", "statement"]
    assert "batch order" not in table.loc["baseline[A/A]", "statement"]
