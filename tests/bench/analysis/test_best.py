"""The arms that may be the best, in a study."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.analysis.best import candidates
from bench.analysis.effects import effects
from bench.analysis.frames import trials_frame
from bench.analysis.pairing import contrasts, pair
from bench.core.record import Record
from bench.core.study import Study
from tests.bench.analysis import studies


def found(study: Study, made: list[Record]) -> pd.DataFrame:
    trials = trials_frame(study, made)
    compared = contrasts(study)
    pairs = pair(trials, compared)
    return candidates(study, trials, pairs, effects(study, trials, pairs, compared))


def planted(points: dict[str, float], seeds: int = 8) -> tuple[Study, list[Record]]:
    study = studies.study([studies.arm("baseline"), *map(studies.arm, points), studies.AA], seeds)
    random = np.random.default_rng(3)
    base = random.normal(0.6, 0.01, seeds)
    values = {
        arm.name: (base + (points.get(arm.name, 0.0) + random.normal(0, 0.4, seeds)) / 100).tolist()
        for arm in study.arms
    }
    return study, studies.records(study, values)


def test_arms_that_cannot_be_told_apart_are_all_named() -> None:
    rows = found(*planted({"first": 4.1, "second": 4.0, "third": 1.0})).set_index("arm")
    assert rows["candidate"].to_dict() == {
        "baseline": False, "first": True, "second": True, "third": False,
    }  # fmt: skip


def test_the_baseline_competes_and_a_control_does_not() -> None:
    rows = found(*planted({"worse": -5.0, "same": 0.0})).set_index("arm")
    assert rows["candidate"].to_dict() == {"baseline": True, "worse": False, "same": True}


def test_one_trial_or_synthetic_data_names_none() -> None:
    assert found(*planted({"a": 3.0}, seeds=1)).empty
    study, made = planted({"a": 3.0})
    synthetic = study.model_copy(update={"synthetic": True})
    assert found(synthetic, [r.model_copy(update={"synthetic": True}) for r in made]).empty


def test_an_arm_that_waits_for_its_verdict_does_not_compete() -> None:
    study, made = planted({"finished": 3.0, "unfinished": 6.0})
    study = study.model_copy(update={"family": tuple(("images", a.name) for a in study.arms[1:3])})
    rows = found(study, [r for r in made if not (r.arm == "unfinished" and r.seed > 5)])
    assert rows.set_index("arm")["candidate"].to_dict() == {"baseline": False, "finished": True}


def test_trials_on_other_data_do_not_count() -> None:
    """The better arm has five bad trials on other arrays; its others are five points above."""
    study, made = planted({"better": 5.0, "good": 3.0}, seeds=10)
    spoiled = [
        studies.record(study.arm("images", "better"), r.seed, 0.4,
                       hashes=r.hashes.model_copy(update={"data": "other arrays"}))
        if r.arm == "better" and r.seed >= 5 else r
        for r in made
    ]  # fmt: skip
    rows = found(study, spoiled).set_index("arm")
    assert rows["candidate"].to_dict() == {"baseline": False, "better": True, "good": False}


def test_equal_differences_show_nothing() -> None:
    """As the table of effects gives no interval to them."""
    study = studies.study([studies.arm(name) for name in ("baseline", "a")], 5)
    made = [
        r.model_copy(update={"final": r.final.model_copy(update={"correct": ""})})
        for r in studies.records(study, {"baseline": [0.5] * 5, "a": [0.505] * 5})
        if r.final is not None
    ]
    assert found(study, made)["candidate"].all()


@pytest.mark.parametrize(("below", "stays"), [(0.98, True), (1.02, False)])
def test_each_arm_has_half_of_the_error_against_two_rivals(below: float, stays: bool) -> None:
    """Hsu 1984: of three arms, one is beaten at alpha / 2 on one side; answers are not recorded."""
    seeds = 8
    study = studies.study([studies.arm(name) for name in ("baseline", "a", "b")], seeds)
    spread = np.resize([0.004, -0.004], seeds)
    base = 0.6 + np.arange(seeds) / 1000
    critical = stats.t.isf(0.05 / 2, seeds - 1) * spread.std(ddof=1) / np.sqrt(seeds)
    values = {"baseline": base, "a": base + below * critical + spread, "b": base - 0.2 - spread}
    made = [
        record.model_copy(update={"final": record.final.model_copy(update={"correct": ""})})
        for record in studies.records(study, {arm: v.tolist() for arm, v in values.items()})
        if record.final is not None
    ]
    rows = found(study, made).set_index("arm")
    assert rows["candidate"].to_dict() == {"baseline": stays, "a": True, "b": False}
