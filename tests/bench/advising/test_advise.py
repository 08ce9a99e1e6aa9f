"""An advice from start to end, with planted effects and a simulated clock in place of training."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bench.advising import lab, start
from bench.advising.advice import ADVICE, CHOOSING, read_advice
from bench.advising.advise import Advisor
from bench.advising.choosing import RATES
from bench.advising.rounds import name_of
from bench.advising.start import advisor
from bench.core.errors import UsageError
from bench.core.metric import OBJECTIVE
from bench.core.metrics import objective_of
from bench.core.study import Arm, Study, Trial
from bench.data.source import Identity
from bench.plugins.registry import Registry, find
from bench.report.advice import answer_lines, plan_lines, story
from bench.report.explanation import explain
from bench.report.report import analysed, report_study
from bench.running import timing_phase, training_phase
from bench.running.collect import Collected, TrainingWatch
from bench.running.executors.executor import Outcome
from bench.running.request import Request
from bench.running.study_run import Display, RunOptions
from bench.running.timing_phase import TimingOptions, TimingWatch
from bench.running.training_phase import TrainingOptions, Watching
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench.analysis import studies
from tests.bench.report.study_factory import Plan, Planted, trial_record

POINTS = {"cutmix": 3.0, "dropout": 2.0, "mixup": -2.0, "ema": 0.0, "layer_norm": -1.0}
SECONDS = 10.0
"""Seconds of a trial."""
TECHNIQUES = tuple(POINTS)


class KilledError(Exception):
    """A simulated kill of the process."""


class Machine:
    """A simulated machine, whose clock advances without any training."""

    def __init__(self) -> None:
        self.now, self.trained = 0.0, 0
        self.speed: Callable[[float], float] = lambda now: 1.0
        self.dies_at: int | None = None
        self.points = POINTS
        self.ece: dict[str, float] = {}
        self.rate = find().task("imdb").recipe("smoke").learning_rate
        self.of_rate: Callable[[tuple[str, ...], float], float] = lambda names, rate: 0.0
        self.ratios: dict[str, float] = {}
        self.dies_timing = False
        self.seen: list[tuple[str, str, int]] = []

    def worth(self, arm: Arm) -> float:
        """Points of an arm."""
        names = tuple(use.name for use in arm.strategies)
        rate = arm.recipe["learning_rate"] / self.rate
        length = 4 * math.log2(self.length(arm))
        return (
            sum(self.points.get(name, 0.0) for name in names) + self.of_rate(names, rate) + length
        )

    def length(self, arm: Arm) -> float:
        """Steps of an arm over the recipe's."""
        return arm.recipe["steps"] / find().task("imdb").recipe("smoke").steps

    def ratio(self, arm: Arm) -> float:
        """Step time of an arm over the baseline's."""
        return math.prod(self.ratios.get(use.name, 1.0) for use in arm.strategies)

    def time(
        self, study: Study, store: Store, source: Source, options: TimingOptions, watch: TimingWatch
    ) -> None:
        for timing in timing_phase.missing(study, store, options):
            assert options.deadline is not None
            if self.now > options.deadline:
                break
            self.now += 1.0
            record = studies.step_time(
                timing.arm.name, timing.process, self.ratio(timing.arm), study=study.name,
                task=timing.arm.task, data=study.data[timing.arm.task],
            )  # fmt: skip
            store.write(record)
            watch.ended(Outcome(timing, record, None))
            if self.dies_timing:
                raise KilledError

    def planted(self, arm: Arm) -> Planted:
        """Return the effects of an arm; its NLL falls with its accuracy and twice its ECE."""
        ece = sum(self.ece.get(use.name, 0.0) for use in arm.strategies)
        return Planted(self.worth(arm), ece=ece)

    def train(
        self, study: Study, store: Store, options: TrainingOptions, watching: Watching,
        trials: Sequence[Trial],
    ) -> Collected:  # fmt: skip
        plan = Plan(arms={arm.name: self.planted(arm) for arm in study.arms}, noise=0.5)
        written = 0
        with watching(trials) as watch:
            for trial in trials:
                if self.trained == self.dies_at:
                    raise KilledError
                seconds = SECONDS * self.ratio(trial.arm) * self.length(trial.arm)
                self.now += seconds / self.speed(self.now)
                record = trial_record(plan, study, trial.arm, trial.seed)
                slow = {"train_seconds": seconds / self.speed(self.now), "trace_seconds": 0.0}
                record = record.model_copy(update={**slow, "evaluation_seconds": 0.0})
                store.write(record)
                self.trained, written = self.trained + 1, written + 1
                self.seen.append((study.name, trial.arm.name, trial.seed))
                watch.ended(Outcome(trial, record, None))
                if options.deadline is not None and self.now > options.deadline:
                    break
        return Collected(written, {}, False)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(training_phase, "train_trials", made.train)
    monkeypatch.setattr(timing_phase, "phase", made.time)
    monkeypatch.setattr(lab.time, "monotonic", lambda: made.now)
    monkeypatch.setattr(start, "draw", lambda taken, seeds: 1000 * (1 + len(list(taken))))
    return made


@pytest.fixture(scope="module")
def registry() -> Registry:
    names = find()
    task = names.task("imdb")
    task.identify = lambda source: Identity("made-up:reviews", False)  # type: ignore[method-assign]
    return names


def begun(
    folder: Path,
    registry: Registry,
    budget: float,
    techniques: tuple[str, ...] = TECHNIQUES,
    objective: str = OBJECTIVE,
) -> Any:
    request = Request(
        profile="smoke", tasks=("imdb",), strategies=techniques, name="advice", first_seed=None
    )
    options = RunOptions(folder, Source("synthetic"), TrainingOptions(jobs=1))
    silent = Display(print, print, lambda trials: nullcontext(TrainingWatch()), TimingWatch())
    return advisor(request, budget, registry, options, silent, objective)


def advised(
    folder: Path, registry: Registry, trials: int, objective: str = OBJECTIVE
) -> tuple[Advisor, Study]:
    with begun(folder, registry, trials * SECONDS, objective=objective) as made:
        made.probe()
        made.choose()
        return made, made.confirm()


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
        timed = {record.arm for record in made.steps.step_times().step_times}
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
