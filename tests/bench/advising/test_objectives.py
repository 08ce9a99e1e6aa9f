"""What an advice looks for: accuracy, likelihood, or accuracy after the baseline's seconds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.advising.advice import ADVICE, read_advice
from bench.advising.advise import Advisor
from bench.advising.choosing import RATES
from bench.advising.rounds import name_of
from bench.core.errors import UsageError
from bench.core.metric import OBJECTIVE
from bench.core.metrics import objective_of
from bench.core.study import Arm
from bench.plugins.registry import Registry
from bench.report.advice import answer_lines, plan_lines
from bench.report.explanation import explain
from bench.report.report import report_study
from bench.running import timing_phase
from tests.bench.advising.machine import (
    SECONDS,
    TECHNIQUES,
    KilledError,
    Machine,
    advised,
    begun,
)
from tests.bench.analysis import studies


def test_calibration_is_chosen_by_likelihood_and_confirmed_by_it(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """The most accurate techniques are the overconfident ones."""
    machine.points = {"cutmix": 3.0, "dropout": 2.0, "mixup": -1.0, "ema": -0.5, "layer_norm": -1.0}
    machine.ece = {"cutmix": 0.05, "dropout": 0.04, "mixup": -0.05, "ema": -0.04}
    made, study = advised(tmp_path, registry, trials=120, objective="calibration")
    assert {"ema", "mixup"} <= set(made.advice.stack)
    assert not {"cutmix", "dropout", "layer_norm"} & set(made.advice.stack)
    name = name_of(made.advice.stack)
    assert (study.judged, study.margin) == ("nll", {"imdb": 0.01})
    paths = report_study(study, made.store, registry)
    lines = answer_lines(made.advice, study, paths.analysis, {})
    assert lines[0].startswith(f"Use {name}: better by more than the margin, confirmed on")
    assert lines[1].startswith(f"  {name}: \N{MINUS SIGN}0.1")
    assert "nats of NLL [\N{MINUS SIGN}0." in lines[1]
    page = paths.page.read_text()
    assert "By validation NLL, on seeds of their own" in page
    assert "in hundredths of a nat" in page
    with begun(tmp_path / "plan", registry, 400 * SECONDS, objective="calibration") as made:
        made.probe()
        text = "\n".join(plan_lines(made.advice, made.costs()[()], 1))
        assert "for calibration: a trial takes" in text
        assert "nats of NLL on, in 80% of the cases" in text


def test_at_equal_time_a_dear_technique_pays_with_its_steps(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    """CutMix gains 3 points and takes twice the time: half the steps cost 4."""
    machine.ratios = {"cutmix": 2.0, "dropout": 1.1}
    made, study = advised(tmp_path / "equal", registry, trials=120, objective="seconds")
    assert made.advice.stack == ("dropout",)
    base = registry.task("imdb").recipe("smoke").steps
    assert study.arm("imdb", "baseline").recipe["steps"] == base
    assert study.arm("imdb", "dropout").recipe["steps"] == round(base / 1.1)
    choosing = made.choosing.study()
    assert choosing is not None
    assert choosing.arm("imdb", "cutmix").recipe["steps"] == base // 2
    assert made.advice.spent <= 1.1 * made.advice.budget
    paths = report_study(study, made.store, registry)
    lines = answer_lines(made.advice, study, paths.analysis, {})
    assert lines[0].startswith("Use dropout: better by more than the margin, confirmed on")
    assert any(line.endswith(f"; {round(base / 1.1)} steps") for line in lines)
    assert "By validation accuracy after the baseline&#39;s seconds" in paths.page.read_text()
    (task,) = explain(study, paths.analysis, {})
    assert task.cost == (
        f"Each arm had the baseline's seconds, so many steps: dropout {round(base / 1.1)}.",
    )
    made, _ = advised(tmp_path / "plain", registry, trials=120)
    assert "cutmix" in made.advice.stack, "an objective that is blind to time prefers it"


def test_the_stack_to_confirm_is_timed_itself(
    tmp_path: Path, registry: Registry, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product of its members' ratios is an estimate."""
    machine.ratios = {"cutmix": 1.1, "dropout": 1.2}
    ratio = machine.ratio

    def interacting(arm: Arm) -> float:
        both = {"cutmix", "dropout"} <= {use.name for use in arm.strategies}
        return 1.25 if both else ratio(arm)

    monkeypatch.setattr(machine, "ratio", interacting)
    made, study = advised(tmp_path, registry, trials=120, objective="seconds")
    assert {"cutmix", "dropout"} <= set(made.advice.stack)
    base = registry.task("imdb").recipe("smoke").steps
    choosing, name = made.choosing.study(), name_of(made.advice.stack)
    assert choosing is not None
    assert choosing.arm("imdb", name).recipe["steps"] == round(base / 1.32)
    assert study.arm("imdb", name).recipe["steps"] == round(base / 1.25)


def test_a_technique_without_a_step_time_is_left_out_at_equal_time(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    machine.dies_timing = True
    with (
        begun(tmp_path, registry, 120 * SECONDS, objective="seconds") as made,
        pytest.raises(KilledError),
    ):
        _probe_and_choose(made)
    stored = read_advice(tmp_path / "advice")
    assert stored is not None
    assert stored.timing_seconds == 1.0, "what a killed measurement took counts"
    machine.dies_timing = False
    with begun(tmp_path, registry, 120 * SECONDS, objective="seconds") as made:
        made.advice = made.advice.model_copy(update={"timing_seconds": 9.6 * SECONDS})
        _probe_and_choose(made)
        timed = {record.arm for record in made.step_times.store.step_times().step_times}
        assert len(timed) == 2
        assert set(made.advice.techniques) == {*timed, *RATES}
        assert set(made.advice.left_out) == {*TECHNIQUES} - timed
        assert "its step was not timed" in " ".join(made.advice.left_out.values())


def test_an_advice_at_equal_time_that_can_time_nothing_is_refused(
    tmp_path: Path, registry: Registry, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing_phase, "phase", lambda *_: None)
    with (
        begun(tmp_path, registry, 120 * SECONDS, objective="seconds") as made,
        pytest.raises(UsageError, match="no step was timed"),
    ):
        _probe_and_choose(made)


def _probe_and_choose(made: Advisor) -> None:
    made.probe()
    made.choose()


def test_another_objective_under_the_same_name_is_refused(
    tmp_path: Path, registry: Registry, machine: Machine
) -> None:
    with begun(tmp_path, registry, 60 * SECONDS) as made:
        made.probe()
    with (
        pytest.raises(UsageError, match="exists with another objective"),
        begun(tmp_path, registry, 60 * SECONDS, objective="calibration"),
    ):
        pass
    path = tmp_path / "advice" / ADVICE
    older = json.loads(path.read_text())
    assert older.pop("objective") == OBJECTIVE
    path.write_text(json.dumps(older))
    advice = read_advice(path.parent)
    assert advice is not None
    assert advice.objective == OBJECTIVE, "advice of an older version looks for accuracy"


def test_scores_of_a_choice_rise_and_a_diverged_trial_has_that_of_a_guess() -> None:
    arm = studies.arm("baseline")
    fine, lost = studies.record(arm, 0), studies.diverged(arm, 0)
    assert fine.final is not None
    fine = fine.model_copy(update={"final": fine.final.model_copy(update={"validation_nll": 0.25})})
    for name, score, guess in (
        ("accuracy", 60.0, 50.0),
        ("seconds", 60.0, 50.0),
        ("calibration", -25.0, -69.3147),
    ):
        _, objective = objective_of(name)
        assert objective.score(fine) == pytest.approx(score)
        assert objective.score(lost) == pytest.approx(guess)
