"""The answer of an advice: what it recommends, and what it must not hide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench.advising.advise import Advisor
from bench.core.study import Arm, Study
from bench.plugins.registry import Registry
from bench.report.advice import answer_lines, story
from bench.report.explanation import explain
from bench.report.report import analysed
from bench.script.notes import chosen, notes
from tests.bench.advising.machine import SECONDS, TECHNIQUES, Machine, begun

REST = tuple(name for name in TECHNIQUES if name != "cutmix")


@pytest.fixture
def promising(machine: Machine) -> Machine:
    """A machine on which CutMix alone helps, at the recipe's learning rate."""
    machine.points = {"cutmix": 3.0} | dict.fromkeys(REST, -2.0)
    machine.of_rate = lambda names, rate: -2.0 * (rate != 1.0)
    return machine


def confirmed(
    folder: Path, registry: Registry, meanwhile: Callable[[], None] = lambda: None
) -> tuple[Advisor, Study]:
    """Carry an advice out; `meanwhile` is called between the choice and the confirmation."""
    with begun(folder, registry, 160 * SECONDS) as made:
        made.probe()
        made.choose()
        meanwhile()
        return made, made.confirm()


def answer(made: Advisor, study: Study, ratios: Mapping[str, float] | None = None) -> list[str]:
    return answer_lines(made.advice, study, analysed(study, made.store), ratios or {})


def diverging(machine: Machine, which: Callable[[Arm], bool]) -> Callable[[], None]:
    """Return a function that lets some arms diverge at even seeds from then on."""

    def begin() -> None:
        machine.diverges = lambda arm, seed: which(arm) and seed % 2 == 0

    return begin


def test_it_tells_how_many_trials_diverged(
    tmp_path: Path, registry: Registry, promising: Machine
) -> None:
    treated = diverging(promising, lambda arm: bool(arm.strategies))
    made, study = confirmed(tmp_path, registry, treated)
    lines, half = answer(made, study), study.seeds // 2
    assert f"confirmed on {half} of {study.seeds} fresh seeds" in lines[0]
    assert f"diverged: {study.seeds - half} of {study.seeds} of the arm" in lines[1]


def test_a_baseline_that_diverges_is_to_be_mended_first(
    tmp_path: Path, registry: Registry, promising: Machine
) -> None:
    made, study = confirmed(
        tmp_path, registry, diverging(promising, lambda arm: not arm.strategies)
    )
    assert answer(made, study)[0] == "No advice: fix the baseline first, it diverged"
    choice = chosen(study, analysed(study, made.store), "imdb", None)
    assert choice.reason == "the study has no verdicts yet"


def test_an_arm_that_fails_in_the_confirmation_is_named(
    tmp_path: Path, registry: Registry, promising: Machine
) -> None:
    promising.fails = lambda study, trial: study.name == "advice" and bool(trial.arm.strategies)
    lines = answer(*confirmed(tmp_path, registry))
    assert lines[0] == "No advice: no trial of the confirmation could be compared"
    assert lines[1].startswith("  cutmix: not compared")


def test_a_stack_that_is_not_separable_from_its_member_says_so(
    tmp_path: Path, registry: Registry, promising: Machine
) -> None:
    promising.points = {**promising.points, "dropout": 0.3}
    made, study = confirmed(tmp_path, registry)
    found = "not separable from cutmix+dropout, so perhaps as good: cutmix"
    lines = answer(made, study)
    assert lines[0].startswith("Use cutmix+dropout: ")
    assert found in lines
    shorter = answer(made, study, {"cutmix+dropout": 3.0, "cutmix": 1.2})
    assert f"{found} (in 0.40 of its training time)" in shorter
    assert found in answer(made, study, {"cutmix+dropout": 1.2, "cutmix": 1.2})


def test_the_effect_of_a_learning_rate_is_not_credited_to_a_technique(
    tmp_path: Path, registry: Registry, promising: Machine
) -> None:
    promising.of_rate = lambda names, rate: {2.0: 3.0}.get(rate, -3.0 * (rate != 1.0))
    promising.points = {**promising.points, "cutmix": 0.8}
    made, study = confirmed(tmp_path, registry)
    analysis = analysed(study, made.store)
    told = notes(study, analysis, study.arm("imdb", "cutmix+recipe.learning_rate=2x"))
    assert "cutmix" not in told.techniques, "it was measured alone at another learning rate only"
    (task,) = explain(study, analysis, {})
    assert "Nothing was tuned" not in " ".join(task.limits)


def test_a_learning_rate_alone_has_no_empty_list_of_techniques(
    tmp_path: Path, registry: Registry, promising: Machine
) -> None:
    promising.of_rate = lambda names, rate: {2.0: 3.0}.get(rate, -3.0 * (rate != 1.0))
    promising.points = dict.fromkeys(TECHNIQUES, -2.0)
    lines = answer(*confirmed(tmp_path, registry))
    assert lines[0].startswith("Use recipe.learning_rate=2x: ")
    assert f"settings: learning rate {2 * promising.rate:g}" in lines


def test_a_gain_below_the_margin_is_neither_recommended_nor_called_none(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    machine.points = {"cutmix": 0.5} | dict.fromkeys(REST, -2.0)
    machine.of_rate = lambda names, rate: -2.0 * (rate != 1.0)
    with begun(tmp_path, registry, 400 * SECONDS) as made:
        made.probe()
        made.choose()
        study = made.confirm()
    lines = answer(made, study)
    assert lines[0].startswith(
        "Nothing is recommended: better than the baseline, but by less than the margin, is cutmix, on"
    )
    choice = chosen(study, analysed(study, made.store), "imdb", None)
    assert choice.reason == "better by less than the margin, so to be named: cutmix"
    (task,) = explain(study, analysed(study, made.store), {})
    said = " ".join(task.answer)
    assert "cutmix: better, by less than the margin" in said
    assert "better or worse: cutmix" not in said
    rounds = story(made.store.folder)
    assert rounds is not None
    assert any("cutmix and it with" in step.arms for step in rounds.steps)
