"""The words of a study that declares tuned arms against the tuned baseline."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from bench.analysis.analysis import Analysis, analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.core.record import Use
from bench.core.study import Arm, Study
from bench.report.answers import study_answer
from bench.report.explanation import explain
from bench.report.rows import decision_rows
from bench.script.notes import chosen, notes
from tests.bench.report.cards import CARDS
from tests.bench.report.study_factory import Plan, Planted, make, trial_record

POINTS = {
    "mixup": -1.0, "mixup[tuned]": 10.0, "cutmix": 0.0, "cutmix[tuned]": 6.0,
    "baseline[tuned]": 6.0,
}  # fmt: skip
"""Against the tuned baseline MixUp gains 4 points and CutMix none; MixUp loses at its default."""


def tuned() -> tuple[Study, Analysis]:
    arms = {name: Planted(points) for name, points in POINTS.items()}
    plan = Plan(arms=arms, tasks=("cifar10",), seeds=10, controls=False)
    known = make(plan).study
    recipe = known.arm("cifar10", "baseline").recipe
    faster = {**recipe, "learning_rate": 3e-3}

    def arm(name: str, reference: str) -> Arm:
        plain = name.removesuffix("[tuned]")
        rate = ("recipe.learning_rate",) if plain != name else ()
        return Arm(
            task="cifar10", name=name, recipe=faster if rate else recipe, reference=reference,
            strategies=() if plain == "baseline" else (Use(name=plain),),
            treatment=(*(("strategies",) if plain != "baseline" else ()), *rate),
        )  # fmt: skip

    compared = [
        arm(name, "baseline[tuned]" if name in ("mixup[tuned]", "cutmix[tuned]") else "baseline")
        for name in POINTS
    ]
    family = tuple(("cifar10", a.name) for a in compared if a.reference == "baseline[tuned]")
    study = known.model_copy(
        update={"arms": (known.arm("cifar10", "baseline"), *compared), "family": family}
    )
    records = [trial_record(plan, study, trial.arm, trial.seed) for trial in study.trials()]
    trials, curves = trials_frame(study, records), curves_frame(records)
    return study, analyse(study, trials, curves, step_times_frame([]))


def test_the_answer_is_that_of_the_tuned_arms() -> None:
    study, analysis = tuned()
    rows = decision_rows(study, analysis.decision, CARDS)
    answer = study_answer(study, analysis, rows, "cifar10")
    assert answer.lead == "Use mixup[tuned]"
    (task,) = explain(study, analysis, CARDS)
    assert task.compared[0].startswith("2 arms were compared"), "a tuned baseline is no technique"
    assert "tuned with the same effort" in " ".join(task.limits)


def test_the_tuned_baseline_is_no_answer_where_nothing_is_shown_to_beat_it() -> None:
    study, analysis = tuned()
    rows = decision_rows(study, analysis.decision, CARDS)
    equal = replace(analysis, candidates=analysis.candidates.assign(candidate=True))
    lead = study_answer(study, equal, rows, "cifar10").lead
    assert lead.startswith("mixup[tuned] or cutmix[tuned]: not separable")


def test_the_script_is_that_of_the_best_tuned_arm_with_its_own_figures() -> None:
    study, analysis = tuned()
    choice = chosen(study, analysis, "cifar10", None)
    assert choice.arm.name == "mixup[tuned]"
    text = notes(study, analysis, choice.arm).techniques["mixup"]
    assert text.count("Measured alone") == 1
    assert "+" in text
    unknown = " ".join(notes(study, analysis, choice.arm).head.split())
    assert "from today's code; that of the measurement was not recorded" in unknown
    recorded = choice.arm.model_copy(update={"code": {"strategy mixup": "a"}})
    edited = " ".join(notes(study, analysis, recorded, ["strategy mixup"]).head.split())
    assert "from the code that was measured" in notes(study, analysis, recorded).head
    assert "today's code; since the measurement these changed: strategy mixup" in edited
    plain = notes(study, analysis, study.arm("cifar10", "mixup")).techniques["mixup"]
    assert plain.count("Measured alone") == 1
    assert plain != text


def test_an_effect_at_another_rate_or_strength_is_not_that_of_the_arm() -> None:
    """Of four rates of mixup and two of its strengths, a script has the effect of its own."""
    study, analysis = tuned()
    mixup, base = study.arm("cifar10", "mixup"), study.arm("cifar10", "baseline")
    slow = {**mixup.recipe, "learning_rate": 1e-5}
    strong = tuple(
        use.model_copy(update={"parameters": {"alpha": 9.0}}) for use in mixup.strategies
    )
    others = [
        base.model_copy(update={"name": "slow", "recipe": slow}),
        mixup.model_copy(update={"name": "mixup[slow]", "recipe": slow, "reference": "slow"}),
        mixup.model_copy(update={"name": "mixup[strong]", "strategies": strong}),
    ]
    wider = study.model_copy(update={"arms": (*study.arms, *others)})
    rows = analysis.effects
    copies = [
        rows[rows["arm"] == "mixup"].assign(arm=name) for name in ("mixup[slow]", "mixup[strong]")
    ]
    told = replace(analysis, effects=pd.concat([rows, *copies]))
    for arm in (mixup, *others[1:]):
        text = notes(wider, told, arm).techniques["mixup"]
        assert text.count("Measured alone") == 1
