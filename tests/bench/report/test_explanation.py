"""The sentences about a study say no more than its page, and warn of wrong conclusions."""

from __future__ import annotations

from bench.analysis.analysis import analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.core.record import Use
from bench.report.explanation import Explanation, explain
from tests.bench.report.study_factory import Plan, Planted, make

ARMS = {"mixup": Planted(4.0, step_ratio=1.2), "cutmix": Planted(-5.0), "dropout": Planted(0.0)}


def said(**changes: object) -> Explanation:
    made = make(Plan(**{"arms": ARMS, "tasks": ("cifar10",), **changes}))  # type: ignore[arg-type]
    trials, curves = trials_frame(made.study, made.records), curves_frame(made.records)
    analysis = analyse(made.study, trials, curves, step_times_frame(made.step_times))
    (task,) = explain(made.study, analysis, {})
    return task


def test_only_what_is_compared_is_counted_and_what_is_missing_is_said() -> None:
    made = make(Plan(arms={"mixup": Planted(1.0)}, tasks=("cifar10",), seeds=3))
    records = [r for r in made.records if r.arm == "baseline" or r.seed == made.records[0].seed]
    missing = {trial.name for trial in made.study.trials()} - {r.trial for r in records}
    analysis = analyse(
        made.study, trials_frame(made.study, records), curves_frame(records), step_times_frame([])
    )
    (task,) = explain(made.study, analysis, {}, missing)
    assert "at 1 of 3 seeds." in task.compared[0]
    assert task.compared[1] == "Unfinished: 4 of 9 trials are missing."
    (damaged,) = explain(made.study, analysis, {}, missing, damaged=True)
    assert damaged.compared[1] == "Unfinished: 4 of 9 trials are missing or damaged."


def test_a_declared_winner_has_its_effect_its_certainty_and_its_cost() -> None:
    task = said()
    assert task.compared[0].startswith("3 arms were compared with the baseline (no technique)")
    answer = " ".join(task.answer)
    assert answer.startswith("Use mixup. In points of test accuracy: mixup +")
    assert "better by more than the margin" in answer
    assert "Shown to be worse: cutmix." in answer
    assert task.certainty == (
        "All 3 comparisons were declared before the study ran. With 95%, all their intervals hold "
        "at once.",
    )
    (cost,) = task.cost
    assert cost.startswith("CPU step time")
    assert "1.2" in cost
    assert "with mixup" in cost
    assert "cutmix" not in cost


def test_a_study_that_declared_nothing_is_called_that_and_its_luck_is_named() -> None:
    task = said(declared=False, seeds=6)
    text = " ".join(task.certainty)
    assert task.answer[0] == "Exploratory: effects, no verdicts."
    assert text.startswith("No comparison was declared in advance.")
    assert "these stand out (better: mixup; worse: cutmix)" in text
    assert "With 6 seeds a true effect under about" in text


def test_a_smoke_run_shows_no_winner() -> None:
    task = said(seeds=3)
    assert task.answer[0].startswith("Smoke run")
    assert task.certainty == (
        "A smoke run of 3 seeds shows that the study runs, and not what is better.",
    )


def test_generated_data_says_nothing_of_real_data() -> None:
    task = said(synthetic=True)
    assert task.answer == ("Stand-in data: no answer.",)
    assert task.certainty == ()
    assert task.limits == ("The data was generated. Nothing here holds for real data.",)


def test_what_not_to_conclude() -> None:
    limits = " ".join(said(gap=0.02, processes=0, arms={"a": Planted(0.0)}).limits)
    assert "The baseline underfits" in limits
    assert "All seeds share their training examples" in limits
    assert "Nothing was tuned" in limits
    assert "not an effect of zero" in limits
    assert "underfits" not in " ".join(said().limits)


def test_a_study_without_step_times_names_the_command_that_measures_them() -> None:
    (cost,) = said(processes=0).cost
    assert "`bench time" in cost


def test_around_a_base_it_is_said_what_the_base_stands_on() -> None:
    """In the factory's study every arm is one technique; here that one is what the base has left."""
    made = make(Plan(arms=ARMS, tasks=("cifar10",)))
    base = (Use(name="ema"), Use(name="mixup"), Use(name="cutmix"))
    arms = tuple(
        arm.model_copy(update={"strategies": STACKS.get(arm.name, base)}) for arm in made.study.arms
    )
    study = made.study.model_copy(update={"base": base, "arms": arms, "design": "around"})
    records = [r.model_copy(update={"strategies": STACKS.get(r.arm, base)}) for r in made.records]
    trials, curves = trials_frame(study, records), curves_frame(records)
    analysis = analyse(study, trials, curves, step_times_frame(made.step_times))
    answer = " ".join(explain(study, analysis, {})[0].answer)
    assert "The base stands on these, and is worse without them: ema (−" in answer
    assert "Shown to be worse" not in answer


STACKS = {
    "cutmix": (Use(name="mixup"), Use(name="cutmix")),
    "mixup": (Use(name="ema"), Use(name="mixup"), Use(name="cutmix"), Use(name="l2")),
}
"""Arm of the factory -> its stack: the base without `ema`, the base with `l2`."""
