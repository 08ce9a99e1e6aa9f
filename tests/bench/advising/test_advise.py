"""An advice from start to end, with planted effects and a simulated clock in place of training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.advising.advice import CHOOSING, read_advice
from bench.advising.rounds import name_of
from bench.cli.options import study_folder
from bench.core.errors import UsageError
from bench.core.study import Study, Trial
from bench.plugins.registry import Registry
from bench.report.advice import answer_lines, plan_lines, story
from bench.report.explanation import explain
from bench.report.report import analysed, report_study
from tests.bench.advising.machine import (
    SECONDS,
    TECHNIQUES,
    KilledError,
    Machine,
    advised,
    begun,
)


def test_what_helps_is_stacked_confirmed_and_said(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    made, study = advised(tmp_path, registry, trials=120)
    assert {"cutmix", "dropout"} <= set(made.advice.stack)
    name = name_of(made.advice.stack)
    assert study.family == (("imdb", name), ("imdb", "cutmix"), ("imdb", "dropout"))
    assert made.advice.spent <= 1.1 * made.advice.budget
    paths = report_study(study, made.store, registry)
    lines = answer_lines(made.advice, study, paths.analysis, {name: 1.1})
    assert lines[0].startswith(f"Use {name}: better by more than the margin, confirmed on")
    assert any(line.startswith("settings: ") and "cutmix(" in line for line in lines)
    assert any("training took 1.10 times" in line for line in lines)
    assert "How the arms were chosen" in paths.page.read_text()
    told = story(made.store.folder)
    assert told is not None
    steps = told.steps
    assert [step.stage.split(":")[0] for step in steps][:2] == ["probe", "screening"]
    (task,) = explain(study, analysed(study, made.store), {})
    assert "chosen by `bench advise` on other seeds" in " ".join(task.compared)


def test_a_better_learning_rate_is_confirmed_alone_too(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """Otherwise a stack would win by what the baseline could have as well."""
    machine.of_rate = lambda names, rate: {2.0: 3.0, 4.0: -5.0}.get(rate, -3.0 * (rate < 1))
    machine.points = {"cutmix": 2.0, "mixup": -2.0}
    made, study = advised(tmp_path, registry, trials=120)
    better = "recipe.learning_rate=2x"
    assert {better, "cutmix"} <= set(made.advice.stack)
    assert ("imdb", better) in study.family
    arm = study.arm("imdb", name_of(made.advice.stack))
    assert arm.recipe["learning_rate"] == 2 * machine.rate
    lines = answer_lines(made.advice, study, analysed(study, made.store), {})
    assert any(line.startswith("settings: ") and f"{2 * machine.rate:g}" in line for line in lines)
    assert any("learning rates of 0.5x, 2x, 4x" in line for line in lines)


def test_a_stack_may_want_a_rate_that_hurts_the_baseline(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """As a normalization does."""
    machine.points = {"layer_norm": 2.0}
    machine.of_rate = lambda names, rate: (4.0 if "layer_norm" in names else -6.0) * (rate == 4)
    made, _ = advised(tmp_path, registry, trials=120)
    assert {"layer_norm", "recipe.learning_rate=4x"} <= set(made.advice.stack)


def test_seeds_of_the_choice_and_of_the_confirmation_have_nothing_in_common(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    advised(tmp_path, registry, trials=100)
    seeds = {name: {seed for study, _, seed in machine.seen if study == name}
             for name in (CHOOSING, "advice")}  # fmt: skip
    assert all(seeds.values())
    assert not seeds[CHOOSING] & seeds["advice"]


def test_nothing_is_recommended_where_nothing_helps(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    machine.points = {"mixup": -3.0, "dropout": -2.0}
    made, study = advised(tmp_path, registry, trials=120)
    lines = answer_lines(made.advice, study, analysed(study, made.store), {})
    assert lines[0].startswith("Nothing is recommended")


def test_a_killed_advice_goes_on_where_it_was(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    for dies_at in (1, 5, 40, 99, None):
        machine.dies_at = dies_at
        if dies_at is None:
            made, study = advised(tmp_path, registry, trials=120)
        else:
            with pytest.raises(KilledError):
                advised(tmp_path, registry, trials=120)
    assert len(set(machine.seen)) == len(machine.seen), "no trial was trained twice"
    assert made.advice.finished
    assert made.advice.spent == pytest.approx(machine.now)
    assert study.seeds == len({seed for name, _, seed in machine.seen if name == "advice"})
    before = machine.trained
    advised(tmp_path, registry, trials=120)
    assert machine.trained == before, "a finished advice trains nothing"


@pytest.mark.parametrize(
    ("changes", "when"), [((1.0, 0.5), 0.2), ((1.0, 0.5), 0.9), ((1.0, 2.0), 0.5)]
)
def test_the_budget_is_kept_on_a_machine_whose_speed_changes(
    tmp_path: Path, registry: Registry, machine: Machine, changes: tuple[float, float], when: float
) -> None:
    budget = 100 * SECONDS
    machine.speed = lambda now: changes[now > when * budget]
    made, _ = advised(tmp_path, registry, trials=100)
    assert 0.9 * budget <= machine.now <= 1.1 * budget
    assert made.advice.spent == pytest.approx(machine.now)


def test_a_trial_costs_what_it_took_in_the_last_round(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """The machine is half as fast after the probe. Nothing helps, so the baseline is in each round."""
    machine.points = {}
    with begun(tmp_path, registry, 200 * SECONDS) as made:
        made.probe()
        assert made.costs()[()] == pytest.approx(SECONDS)
        machine.speed = lambda now: 0.5
        made.choose()
        assert len(made.advice.rounds) > 2
        now = made.costs()
        assert now[()] == pytest.approx(2 * SECONDS, rel=0.2)
        assert now["ema",] == pytest.approx(2 * SECONDS, rel=0.2)


def test_the_baseline_costs_what_it_would_take_now_where_later_rounds_go_without_it(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """`mixup` is soon part of the present stack. The machine is half as fast after the screening."""
    machine.points = {"mixup": 8.0}
    with begun(tmp_path, registry, 200 * SECONDS) as made:
        made.probe()
        machine.speed = lambda now: 0.5 if now > 60 * SECONDS else 1.0
        made.choose()
        assert () not in made.advice.rounds[-1].round.stacks[:1]
        now = made.costs()
        assert now[()] == pytest.approx(2 * SECONDS, rel=0.2)
        assert now["mixup",] == pytest.approx(2 * SECONDS, rel=0.2)


def test_the_plan_says_what_the_budget_allows_and_a_small_one_what_it_does_not(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    with begun(tmp_path, registry, 400 * SECONDS) as made:
        made.probe()
        text = "\n".join(plan_lines(made.advice, made.costs()[()], 1))
        assert machine.trained == 1
    assert "about 400 trials" in text
    assert "will show effects from" in text
    with begun(tmp_path, registry, 30 * SECONDS) as made:
        made.probe()
        assert machine.trained == 1, "another budget, the same probe"
        assert "too little for a verdict" in "\n".join(plan_lines(made.advice, SECONDS, 1))


def test_a_small_budget_keeps_time_for_a_verdict(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    _, study = advised(tmp_path, registry, trials=60)
    assert study.seeds >= 5


def test_a_budget_that_trains_nothing_is_refused_with_one_that_does(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    with (
        begun(tmp_path, registry, 3 * SECONDS) as made,
        pytest.raises(UsageError, match="are too few: --budget"),
    ):
        made.probe()


def test_a_choice_between_nothing_is_refused_before_anything_trains(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    with (
        begun(tmp_path, registry, 90 * SECONDS, ("cutout",)) as made,
        pytest.raises(UsageError, match="no technique applies to imdb"),
    ):
        made.probe()
    assert machine.trained == 0


def test_a_technique_that_selects_by_validation_is_not_chosen_by_validation(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """Its score is the best of all evaluations, so it looks better than it is."""
    with begun(tmp_path, registry, 90 * SECONDS, ("cutmix", "early_stopping")) as made:
        made.probe()
    assert "early_stopping" not in made.advice.techniques
    assert "best on validation" in made.advice.left_out["early_stopping"]


def test_one_technique_is_a_choice_too(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    with begun(tmp_path, registry, 60 * SECONDS, ("cutmix",)) as made:
        made.probe()
        made.choose()
        assert made.confirm().family == (("imdb", "cutmix"),)


def test_another_question_under_the_same_name_is_refused(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    advised(tmp_path, registry, trials=60)
    with (
        pytest.raises(UsageError, match="exists with another budget"),
        begun(tmp_path, registry, 90 * SECONDS),
    ):
        pass
    advice = read_advice(tmp_path / "advice")
    assert advice is not None
    assert advice.finished


REST = tuple(name for name in TECHNIQUES if name != "cutmix")


def uses(name: str) -> Callable[[Study, Trial], bool]:
    return lambda study, trial: name in {use.name for use in trial.arm.strategies}


def test_a_technique_that_fails_is_not_tried_again_and_not_confirmed(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    machine.fails = uses("cutmix")
    machine.points = dict.fromkeys(TECHNIQUES, -2.0)
    made, study = advised(tmp_path, registry, trials=120)
    rounds = [state.round for state in made.advice.rounds]
    assert [("cutmix",) in r.stacks for r in rounds if r.stage != "probe"] == [True, False, False]
    assert "cutmix failed" in made.advice.rounds[1].result
    assert all("cutmix" not in stack for stack in made.advice.family)
    assert study.seeds >= 5


def test_a_choice_of_techniques_that_all_fail_ends_in_a_line(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    machine.fails = lambda study, trial: trial.arm.reference is not None
    with begun(tmp_path, registry, 120 * SECONDS) as made:
        made.probe()
        with pytest.raises(UsageError, match="no trial of a technique ended"):
            made.choose()


def test_a_confirmation_begins_nothing_after_the_budget(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    with begun(tmp_path, registry, 60 * SECONDS) as made:
        made.probe()
        made.choose()
        made.advice = made.advice.model_copy(update={"timing_seconds": 2 * made.advice.budget})
        before = machine.trained
        made.confirm()
    assert machine.trained == before
    assert made.advice.finished


def test_workers_start_once_to_choose_and_once_to_confirm(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    machine.starts_for = 7.0
    made, _ = advised(tmp_path, registry, trials=60)
    assert len(made.advice.rounds) > 3
    assert machine.started == 2
    assert [state.starts for state in made.advice.rounds] == [1] + [0] * (
        len(made.advice.rounds) - 1
    )
    assert made.advice.spent == pytest.approx(machine.now)
    assert not made.lab.workers.waiting, "the end of the advice ends them"


def test_a_start_counts_though_the_first_trial_after_it_is_killed(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """Only the killed trial itself is not charged."""
    machine.starts_for, machine.dies_at, machine.dies_after = 7.0, 1, 0.9 * SECONDS
    with pytest.raises(KilledError):
        advised(tmp_path, registry, trials=60)
    advice = read_advice(tmp_path / "advice")
    assert advice is not None
    assert advice.spent == pytest.approx(machine.now - machine.dies_after)


def test_an_advice_that_still_chooses_is_named_as_one(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    machine.dies_at = 20
    with pytest.raises(KilledError):
        advised(tmp_path, registry, trials=60)
    with pytest.raises(UsageError, match="an advice that still chooses; the same `bench advise`"):
        study_folder(tmp_path, "advice")
