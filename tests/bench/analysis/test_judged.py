"""A study that judges another metric than accuracy: verdicts, their direction, and what follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis import verdict
from bench.analysis.analysis import Analysis, analyse
from bench.analysis.contributions import interactions, leave_one_out
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.analysis.looks import look
from bench.analysis.null import null_comparisons
from bench.analysis.regimes import check, regimes
from bench.core.errors import UsageError
from bench.core.metrics import JUDGED, METRICS, judged_metric
from bench.core.record import Record
from bench.core.study import Study
from tests.bench.analysis import studies
from tests.bench.analysis.test_effects import SPREAD

PLANTED = {
    "baseline": (0.0, 0.0),
    "sure": (3.0, 0.08),
    "calibrated": (-2.0, -0.06),
    "slightly": (0.0, -0.02),
    "same": (0.0, 0.0),
    "wide": (0.0, 0.0),
}
"""Arm -> planted points of accuracy and change of NLL, nats: the most accurate is the least likely."""
NOISE = {"same": 0.1, "wide": 10.0}
"""Arm -> spread of its NLL, as a multiple of the others'."""
ARMS = [studies.arm(name) for name in PLANTED]
FAMILY = tuple(("images", arm.name) for arm in ARMS[1:])


def asked(judged: str = "nll", seeds: int = 10, **changes: Any) -> Study:
    margin = {"images": judged_metric(judged).margin_of()}
    known: dict[str, Any] = {"family": FAMILY, "judged": judged, "margin": margin}
    return studies.study(ARMS, seeds, **(known | changes))


def planted(study: Study) -> list[Record]:
    made = []
    for arm in study.arms:
        points, nats = PLANTED[arm.name]
        for seed in range(study.seeds):
            accuracy = 0.6 + np.sin(seed) / 100 + points / 100
            final = studies.scores(accuracy)
            noise = NOISE.get(arm.name, 1.0) * SPREAD[seed % 10] * (arm.name != "baseline")
            nll = 1.0 + np.cos(seed) / 50 + nats + noise
            final = final.model_copy(update={"nll": nll})
            made.append(studies.record(arm, seed, final=final))
    return made


def analysed(study: Study, made: list[Record], times: list[Any] | None = None) -> Analysis:
    return analyse(
        study, trials_frame(study, made), curves_frame(made), step_times_frame(times or [])
    )


def rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["judged"]].set_index("arm")


def test_planted_changes_of_likelihood_get_the_right_words() -> None:
    found = analysed(asked(), planted(asked()))
    judged = rows(found.effects)
    assert set(judged["metric"]) == {"nll"}
    assert judged["verdict"].to_dict() == {
        "sure": verdict.WORSE_BY_MARGIN,
        "calibrated": verdict.BETTER_BY_MARGIN,
        "slightly": verdict.BETTER_BY_MARGIN,
        "same": verdict.WITHIN,
        "wide": verdict.OPEN,
    }
    assert judged.loc["calibrated", "effect"] == pytest.approx(-0.06)
    assert (judged["margin"] == 0.01).all()
    assert judged.loc["wide", "seeds_low"] > judged.loc["same", "seeds_high"]
    others = found.effects[~found.effects["judged"]]
    assert set(others["verdict"]) == {"exploratory"}
    assert others["margin"].isna().all()


def test_only_answers_have_a_part_from_test_examples() -> None:
    found = analysed(asked(), planted(asked()))
    judged, effects = rows(found.effects), found.effects
    assert judged["examples"].isna().all()
    assert judged["error"].tolist() == pytest.approx(judged["trial_error"].tolist())
    accuracy = effects[effects["metric"] == JUDGED]
    assert (accuracy["examples"] == studies.EXAMPLES).all()
    assert found.test_sampling.empty


def test_the_best_the_front_and_the_order_are_those_of_the_judged_metric() -> None:
    ratios = {"sure": 1.1, "calibrated": 1.2, "slightly": 1.0, "same": 1.3, "wide": 1.4}
    times = [studies.step_time(arm, p, r) for arm, r in ratios.items() for p in range(3)]
    for judged, best, worst in (("nll", "calibrated", "sure"), (JUDGED, "sure", "calibrated")):
        found = analysed(asked(judged), planted(asked(judged)), times)
        candidates = found.candidates.set_index("arm")["candidate"]
        assert candidates[best]
        assert not candidates[worst]
        assert not candidates["baseline"]
        table = found.decision.set_index("arm")
        front = table["front_probability"]
        assert front[best] > 0.9
        assert front[worst] < 0.1
        settled = [arm for arm in table.index if arm not in ("same", "wide")]
        assert (settled[0], settled[-1]) == (best, worst)


def test_the_judged_metric_is_the_effect_and_the_others_stand_beside_it() -> None:
    likelihood = analysed(asked(), planted(asked())).decision.set_index("arm")
    assert "nll" not in likelihood
    assert likelihood.loc["sure", "accuracy"] == pytest.approx(3.0)
    accuracy = analysed(asked(JUDGED), planted(asked(JUDGED))).decision.set_index("arm")
    assert "accuracy" not in accuracy
    assert accuracy.loc["sure", "nll"] == pytest.approx(0.08)


def test_an_arm_without_a_pair_has_a_row() -> None:
    study = asked()
    made = [
        record.model_copy(update={"settings": {"precision": "float16"}})
        if record.arm == "same"
        else record
        for record in planted(study)
    ]
    found = analysed(study, made)
    assert rows(found.effects).loc["same", "verdict"] == verdict.NOT_COMPARED
    assert "same" in set(found.decision["arm"])


def test_no_more_seeds_for_what_the_judged_metric_decides() -> None:
    study = asked(seeds=6, sequential=True)
    undecided = {arm for _, arm in look(study, trials_frame(study, planted(study))).undecided}
    assert "wide" in undecided
    assert not {"sure", "calibrated"} & undecided


def test_controls_are_compared_by_the_judged_metric() -> None:
    study = studies.study([ARMS[0], studies.AA], 4, judged="nll")
    made = [
        *planted(study.model_copy(update={"arms": (ARMS[0],)})),
        *[studies.record(studies.AA, seed) for seed in range(4)],
    ]
    assert set(null_comparisons(study, trials_frame(study, made))["metric"]) == {"nll"}


def test_stacks_are_taken_apart_in_the_judged_metric() -> None:
    names = ("baseline", "a", "b", "a+b")
    study = studies.study([studies.arm(name) for name in names], 6, judged="nll",
                          design="leave-one-out")  # fmt: skip
    worth = {"baseline": 0.0, "a": -0.1, "b": -0.2, "a+b": -0.5}
    made = []
    for arm in study.arms:
        for seed in range(6):
            nll = 1.0 + seed / 10 + worth[arm.name]
            final = studies.scores(0.6).model_copy(update={"nll": nll})
            made.append(studies.record(arm, seed, final=final))
    trials = trials_frame(study, made)
    assert interactions(study, trials)["effect"].tolist() == pytest.approx([-0.2])
    left_out = leave_one_out(study, trials).set_index("member")["effect"]
    assert left_out.to_dict() == pytest.approx({"a": -0.3, "b": -0.4})


def test_a_map_is_of_one_metric() -> None:
    first, second = (
        asked(name=name, family=()).model_copy(
            update={"arms": tuple(studies.arm(arm, recipe=recipe) for arm in ("baseline", "sure"))}
        )
        for name in ("short", "long")
        for recipe in [{**studies.RECIPE, "steps": len(name)}]
    )
    trials = {study.name: trials_frame(study, planted(study)) for study in (first, second)}
    found = regimes([first, second], trials)
    assert found["effect"].tolist() == pytest.approx([0.08, 0.08])
    other = second.model_copy(update={"judged": JUDGED})
    with pytest.raises(UsageError, match="differ in the judged metric"):
        check([first, other])


def test_macro_accuracy_is_judged_whatever_the_sizes_of_the_classes() -> None:
    study = asked("macro_accuracy")
    made = []
    for record in planted(study):
        assert record.final is not None
        right = round(3000 + 5000 * PLANTED[record.arm][0] / 100)
        final = record.final.model_copy(update={"class_correct": (right, 2000)})
        made.append(record.model_copy(update={"final": final}))
    assert rows(analysed(study, made).effects).loc["sure", "effect"] == pytest.approx(1.5)
    plain = analysed(asked(JUDGED), made).effects
    assert "macro_accuracy" not in set(plain["metric"]), "equal classes: nothing new"


def test_every_metric_with_a_margin_is_judged() -> None:
    for metric in (one for one in METRICS if one.margin is not None):
        found = rows(analysed(asked(metric.name), planted(asked(metric.name))).effects)
        assert set(found["metric"]) == {metric.name}
        assert set(found["family"]) == {"confirmatory"}


def test_a_metric_that_is_not_to_be_judged_is_refused() -> None:
    with pytest.raises(UsageError, match="train_accuracy gets no verdicts; these do: "):
        judged_metric("train_accuracy")
    with pytest.raises(UsageError, match="did you mean 'nll'"):
        judged_metric("nnl")


def test_a_study_keeps_its_metric() -> None:
    """Judging what looks best afterwards would find differences that are not there."""
    with pytest.raises(UsageError, match=r"exists with another judged \('nll'"):
        asked().extended(asked(JUDGED, margin={}))


def test_a_study_of_an_older_version_judges_accuracy() -> None:
    payload = asked(JUDGED).model_dump(mode="json")
    del payload["judged"]
    read = Study.model_validate(payload)
    assert read.metric.name == JUDGED
    assert read.margin_on("images") == 1.0


def test_early_stopping_may_stop_early_in_pairs_too() -> None:
    """Its steps and its order of batches differ from those of the arm that it is compared with."""
    stops = ("strategies", "early stopping")
    arms = [
        studies.arm("baseline"),
        studies.arm("early_stopping", treatment=stops),
        studies.arm("mixup"),
        studies.arm("early_stopping+mixup", treatment=stops),
    ]
    study = studies.study(arms, 6).model_copy(update={"design": "leave-one-out"})
    made = []
    for arm in arms:
        for seed in range(6):
            record = studies.record(arm, seed, 0.6 + 0.02 * ("mixup" in arm.name))
            if "early" in arm.name:
                hashes = record.hashes.model_copy(update={"batch_order": f"stopped{seed}"})
                record = record.model_copy(update={"steps": 70, "hashes": hashes})
            made.append(record)
    trials = trials_frame(study, made)
    assert interactions(study, trials)["n"].tolist() == [6]
    left_out = leave_one_out(study, trials).set_index("member")
    assert left_out["n"].tolist() == [6, 6]
    assert left_out.loc["mixup", "effect"] == pytest.approx(2.0)
