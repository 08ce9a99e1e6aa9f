"""Tuning by short trials: one rule for all arms, checked on the baseline."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bench.cli.tune import shortening_lines
from bench.core.study import Arm, Study
from bench.plugins.registry import find
from bench.running import study_run, training_phase, tuning_phase
from bench.running.collect import TrainingWatch
from bench.running.plan import plan
from bench.running.request import Request
from bench.running.shortened import SHORT
from bench.running.study_run import Display, RunOptions
from bench.running.timing_phase import TimingWatch
from bench.running.training_phase import Trained
from bench.running.tuning import Shortening, Tuned
from bench.running.workers import TrainingOptions
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench.measured import record

REGISTRY = find()
POINTS = 5
ASKED = Request(
    profile="smoke", tasks=("cifar10",), strategies=("layer_norm", "mixup"), seeds=1,
    first_seed=1000, points=POINTS, short=0.25, name="tune-shortened",
)  # fmt: skip
DISPLAY = Display(print, print, lambda trials: nullcontext(TrainingWatch()), TimingWatch())
ARMS = ("baseline", "layer_norm", "mixup")
Accuracy = Callable[[Arm, bool], float]
"""An arm, and whether it is short -> its accuracy on validation."""


def study(request: Request = ASKED) -> Study:
    return plan(request, REGISTRY, Source("synthetic")).study


def rate(arm: Arm) -> float:
    """Return an arm's learning rate as a multiple of the recipe's."""
    default = study().arm("cifar10", "baseline").recipe["learning_rate"]
    return round(float(arm.recipe["learning_rate"]) / default, 2)


class Trainer:
    """A stand-in for training: trials have a planted accuracy."""

    def __init__(self, accuracy: Accuracy, fails: str = "", retries: bool = False) -> None:
        self.accuracy, self.fails, self.retries = accuracy, fails, retries
        self.trained: list[tuple[str, bool]] = []
        """Name of each trained arm, and whether it was short."""

    def __call__(self, study: Study, store: Store, options: TrainingOptions, *_: Any) -> Trained:
        short = study.name == SHORT
        missing = store.missing(study, options.retry_failed)
        for trial in missing:
            self.trained.append((trial.arm.name, short))
            if trial.arm.name == self.fails:
                store.fail(trial.name, "raised", "planted")
                continue
            made = record(trial)
            assert made.final is not None
            accuracy = self.accuracy(trial.arm, short)
            scores = {"validation_accuracy": accuracy, "validation_nll": 1 - accuracy}
            final = made.final.model_copy(update=scores)
            store.write(made.model_copy(update={"final": final, "study": study.name}))
        return Trained(len(missing), 0, store.failures(), False)

    def names(self, short: bool) -> list[str]:
        return sorted(name for name, was_short in self.trained if was_short == short)


def tuned(folder: Path, trainer: Trainer, request: Request = ASKED) -> Tuned:
    """Tune with planted trials."""
    training = TrainingOptions(retry_failed=trainer.retries)
    run_options = RunOptions(folder, Source("synthetic"), training)
    planned, store = study_run.planned(request, REGISTRY, run_options, DISPLAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_phase, "train", trainer)
        ended = tuning_phase.tune(planned, store, request, REGISTRY, run_options, DISPLAY)
    assert ended.tuned is not None
    assert ended.trained.written == len(trainer.trained)
    return ended.tuned


def rate_of(settings: Tuned, name: str) -> float:
    default = study().arm("cifar10", "baseline").recipe["learning_rate"]
    return round(settings.settings["cifar10"][name].learning_rate / default, 2)


def check_of(settings: Tuned) -> Shortening:
    check = settings.shortened["cifar10"]
    assert check is not None
    return check


def low_is_best(arm: Arm, short: bool) -> float:
    """Return an accuracy that falls with the rate at both lengths, and grows with the length."""
    return 0.6 - 0.05 * rate(arm) + (0.0 if short else 0.1)


def misled(arm: Arm, short: bool) -> float:
    return 0.6 + (0.05 if short else -0.05) * rate(arm)


def test_the_default_and_the_best_other_setting_of_each_arm_go_on(tmp_path: Path) -> None:
    trainer, whole = Trainer(low_is_best), study()
    settings = tuned(tmp_path, trainer)
    assert trainer.names(short=True) == sorted(arm.name for arm in whole.arms)
    of_baseline = {arm.name for arm in whole.arms if arm.name.startswith("baseline")}
    full = {*trainer.names(short=False)}
    assert of_baseline <= full, "the baseline is the check"
    rates = [rate(whole.arm("cifar10", name)) for name in full - of_baseline]
    assert sorted(rates) == [0.33, 0.33, 1.0, 1.0]
    assert [rate_of(settings, name) for name in ARMS] == [0.33, 0.33, 0.33]
    chosen = settings.settings["cifar10"]["mixup"]
    assert chosen.validation_accuracy == pytest.approx(0.7 - 0.05 * 0.33)
    assert chosen.trials == 2
    check = check_of(settings)
    assert (check.pairs, check.ordered, check.loss, check.holds) == (10, 10, 0.0, True)
    assert settings.cost == pytest.approx((15 * 0.25 + 5 + 4) / 15)
    assert "beside the default they choose the best one" in "".join(shortening_lines(settings))


def test_short_trials_have_a_shorter_schedule_and_are_a_study_of_their_own(tmp_path: Path) -> None:
    tuned(tmp_path, Trainer(low_is_best))
    folder = tmp_path / str(ASKED.name)
    short, full = Store(folder / SHORT).study(), Store(folder).study()
    assert short is not None
    assert full is not None
    for arm in short.arms:
        steps = study().arm("cifar10", arm.name).recipe["steps"]
        assert arm.recipe["steps"] == round(steps / 4)
    assert len({arm.recipe["steps"] for arm in full.arms}) == 1, "a report mixes no lengths"


def test_every_setting_trains_in_full_where_short_trials_mislead(tmp_path: Path) -> None:
    trainer = Trainer(misled)
    settings = tuned(tmp_path, trainer)
    assert trainer.names(short=False) == sorted(arm.name for arm in study().arms)
    check = check_of(settings)
    assert (check.pairs, check.ordered, check.holds) == (10, 0, False)
    assert check.loss == pytest.approx(5 * (3 - 0.33)), "3 times the rate, where .33 times is best"
    assert [rate_of(settings, name) for name in ARMS] == [0.33, 0.33, 0.33]
    lines = "\n".join(shortening_lines(settings))
    assert "0 of 10 pairs" in lines
    assert "one 13.35 points below it; short trials mislead (at most 1)" in lines
    assert "took 125% of the steps" in lines


def test_a_baseline_whose_default_is_best_does_not_hide_that_short_trials_mislead(
    tmp_path: Path,
) -> None:
    def accuracy(arm: Arm, short: bool) -> float:
        best = arm.name == "baseline" and not short
        return 0.9 if best else misled(arm, short)

    settings = tuned(tmp_path, Trainer(accuracy))
    assert not check_of(settings).holds
    assert rate_of(settings, "mixup") == 0.33


def test_short_trials_that_tell_nothing_apart_choose_nothing(tmp_path: Path) -> None:
    trainer = Trainer(lambda arm, short: 0.1 if short else low_is_best(arm, short))
    settings = tuned(tmp_path, trainer)
    assert check_of(settings).pairs == 0
    assert trainer.names(short=False) == sorted(arm.name for arm in study().arms)
    assert rate_of(settings, "layer_norm") == 0.33


def test_the_baseline_chooses_from_as_many_settings_as_the_others(tmp_path: Path) -> None:
    """It trains all in full; a setting that no other arm would have kept is not chosen for it."""

    def slightly_misled(arm: Arm, short: bool) -> float:
        if short:
            return low_is_best(arm, short)
        return {0.33: 0.7, 0.6: 0.705}.get(rate(arm), 0.6)

    settings = tuned(tmp_path, Trainer(slightly_misled))
    assert check_of(settings).loss == pytest.approx(0.5)
    assert check_of(settings).holds
    assert rate_of(settings, "baseline") == 0.33


def test_a_failed_trial_of_the_baseline_is_said_and_shortens_nothing(tmp_path: Path) -> None:
    trainer = Trainer(low_is_best, fails="baseline[point 3]")
    settings = tuned(tmp_path, trainer)
    assert {*trainer.names(short=False)} == {arm.name for arm in study().arms}
    assert "could not be checked" in "\n".join(shortening_lines(settings))


def test_a_failed_trial_is_retried_once(tmp_path: Path) -> None:
    """It fails before the check, and is not tried again with the settings that the check adds."""
    for _ in range(2):
        trainer = Trainer(misled, fails="mixup", retries=True)
        tuned(tmp_path, trainer)
        assert trainer.trained.count(("mixup", True)) == 1
        assert trainer.trained.count(("mixup", False)) == 1


def test_likelihood_is_compared_in_its_own_unit(tmp_path: Path) -> None:
    settings = tuned(tmp_path, Trainer(misled), ASKED._replace(judged="nll"))
    check = check_of(settings)
    assert check.loss == pytest.approx(5 * (3 - 0.33))
    assert "13.35 hundredths of a nat below it" in "\n".join(shortening_lines(settings))


@pytest.mark.parametrize("short", [0.25, 1.0])
def test_another_task_keeps_the_settings_of_the_first(tmp_path: Path, short: float) -> None:
    """Two commands with one default name are one study."""
    tuned(tmp_path, Trainer(low_is_best), ASKED._replace(short=short))
    second = tuned(tmp_path, Trainer(low_is_best), ASKED._replace(tasks=("imdb",), short=short))
    assert second.settings["cifar10"].keys() == second.settings["imdb"].keys() == {*ARMS}
    grown = ASKED._replace(strategies=("cutmix",), short=short)
    third = tuned(tmp_path, Trainer(low_is_best), grown)
    assert third.settings["cifar10"].keys() == {*ARMS, "cutmix"}


def test_the_cost_is_that_of_what_was_asked_for(tmp_path: Path) -> None:
    first = ASKED._replace(strategies=("mixup", "cutmix"))
    costs = [tuned(tmp_path, Trainer(low_is_best), asked).cost for asked in (first, ASKED, ASKED)]
    assert costs == pytest.approx(3 * [(15 * 0.25 + 5 + 4) / 15])


def test_a_tuning_goes_on_as_it_began(tmp_path: Path) -> None:
    whole = Trainer(low_is_best)
    assert tuned(tmp_path / "whole", whole, ASKED._replace(short=1.0)).cost == 1.0
    again = Trainer(low_is_best)
    settings = tuned(tmp_path / "whole", again)
    assert (again.trained, settings.short, settings.shortened) == ([], 1.0, {})
    assert list(shortening_lines(settings)) == []
    tuned(tmp_path / "short", Trainer(low_is_best))
    rest = Trainer(low_is_best)
    in_full = tuned(tmp_path / "short", rest, ASKED._replace(short=1.0))
    assert len(rest.names(short=False)) == 6, "what no short trial could choose"
    assert in_full.settings["cifar10"]["mixup"].trials == POINTS


def test_short_trials_that_save_nothing_are_left_out(tmp_path: Path) -> None:
    trainer = Trainer(low_is_best)
    tuned(tmp_path, trainer, ASKED._replace(points=2))
    assert trainer.names(short=True) == []


@pytest.mark.parametrize("profile", ["strong", "full"])
def test_long_trainings_are_shortened_by_default(profile: str, tmp_path: Path) -> None:
    asked = ASKED._replace(profile=profile, points=0, short=1.0, seeds=3)
    assert tuning_phase.tuning_request(asked, study(asked), tmp_path).short < 1


def test_interrupted_short_trials_start_no_full_ones(tmp_path: Path) -> None:
    def stopped(study: Study, *_: Any) -> Trained:
        rounds.append(study.name)
        return Trained(0, 0, {}, interrupted=True)

    rounds: list[str] = []
    options = RunOptions(tmp_path, Source("synthetic"), TrainingOptions())
    planned, store = study_run.planned(ASKED, REGISTRY, options, DISPLAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_phase, "train", stopped)
        ended = tuning_phase.tune(planned, store, ASKED, REGISTRY, options, DISPLAY)
    assert (ended.tuned, rounds) == (None, [SHORT])
    trainer = Trainer(low_is_best)
    assert check_of(tuned(tmp_path, trainer)).holds
    assert len(trainer.names(short=True)) == 15
