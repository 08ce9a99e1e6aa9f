"""Tuning in two rounds: the rule is the same for all arms, and is checked on the baseline."""

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
from bench.running.shortened import SHORT, Shortened
from bench.running.study_run import Display, RunOptions
from bench.running.timing_phase import TimingWatch
from bench.running.training_phase import Trained, TrainingOptions
from bench.running.tuning import Tuned
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench.measured import record

REGISTRY = find()
POINTS = 5
ASKED = Request(
    profile="smoke", tasks=("cifar10",), strategies=("layer_norm", "mixup"), seeds=1,
    first_seed=1000, points=POINTS, short=0.25, name="tune-two-rounds",
)  # fmt: skip
DISPLAY = Display(print, print, lambda trials: nullcontext(TrainingWatch()), TimingWatch())
ARMS = ("baseline", "layer_norm", "mixup")


def study(request: Request = ASKED) -> Study:
    return plan(request, REGISTRY, Source("synthetic")).study


def rate(arm: Arm) -> float:
    """Return an arm's learning rate as a multiple of the recipe's."""
    default = study().arm("cifar10", "baseline").recipe["learning_rate"]
    return round(float(arm.recipe["learning_rate"]) / default, 2)


def tuned(
    folder: Path, accuracy: Callable[[Arm], float], request: Request = ASKED
) -> tuple[Tuned, list[str]]:
    """Tune with trials of a planted accuracy; return the settings and the arms that were trained."""

    def train(study: Study, store: Store, *_: object) -> Trained:
        missing = store.missing(study)
        for trial in missing:
            made = record(trial)
            assert made.final is not None
            final = made.final.model_copy(update={"validation_accuracy": accuracy(trial.arm)})
            store.write(made.model_copy(update={"final": final, "study": study.name}))
            names.append(trial.arm.name)
        return Trained(len(missing), 0, {}, False)

    names: list[str] = []
    options = RunOptions(folder, Source("synthetic"), TrainingOptions())
    planned, store = study_run.planned(request, REGISTRY, options, DISPLAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_phase, "train", train)
        ended = tuning_phase.tune(planned, store, request, REGISTRY, options, DISPLAY)
    assert ended.tuned is not None
    assert ended.trained.written == len(names)
    return ended.tuned, names


def low_is_best(arm: Arm) -> float:
    """Return an accuracy that falls with the rate at both lengths, and grows with the length."""
    return 0.6 - 0.05 * rate(arm) + (0.0 if arm.name.endswith(SHORT) else 0.1)


def test_the_default_and_the_best_other_setting_of_each_arm_go_on(tmp_path: Path) -> None:
    settings, names = tuned(tmp_path, low_is_best)
    short = [name for name in names if name.endswith(SHORT)]
    assert len(short) == len(ARMS) * POINTS
    full = {name for name in names if not name.endswith(SHORT)}
    whole = study()
    of_baseline = {arm.name for arm in whole.arms if arm.name.startswith("baseline")}
    rates = {name: rate(whole.arm("cifar10", name)) for name in full - of_baseline}
    assert of_baseline <= full, "the baseline is the check"
    assert sorted(rates.values()) == [0.33, 0.33, 1.0, 1.0]
    chosen = settings.settings["cifar10"]
    default = whole.arm("cifar10", "baseline").recipe["learning_rate"]
    assert {name: s.learning_rate for name, s in chosen.items()} == dict.fromkeys(
        ARMS, float(f"{0.33 * default:.4g}")
    )
    assert chosen["mixup"].validation_accuracy == pytest.approx(0.7 - 0.05 * 0.33)
    check = settings.shortened["cifar10"]
    assert (check.pairs, check.ordered, check.loss) == (10, 10, 0.0)
    assert settings.cost == pytest.approx((15 * 0.25 + 5 + 4) / 15)


def test_all_settings_train_in_full_where_a_short_training_orders_them_otherwise(
    tmp_path: Path,
) -> None:
    def misled(arm: Arm) -> float:
        return 0.6 + (0.05 if arm.name.endswith(SHORT) else -0.05) * rate(arm)

    settings, names = tuned(tmp_path, misled)
    full = [name for name in names if not name.endswith(SHORT)]
    assert sorted(full) == sorted(arm.name for arm in study().arms)
    check = settings.shortened["cifar10"]
    assert (check.pairs, check.ordered, check.holds) == (10, 0, False)
    # 3 times the rate is best in short; in full the default is better, and .33 times by 3.35 points.
    assert check.loss == pytest.approx(5 * 0.67)
    assert {rate_of(settings, name) for name in ARMS} == {0.33}
    lines = "\n".join(shortening_lines(settings))
    assert "25% of the steps order 0 of 10 pairs" in lines
    assert "3.35 points below the best; above the margin of 1" in lines
    assert "took 125% of the steps" in lines


def rate_of(settings: Tuned, name: str) -> float:
    default = study().arm("cifar10", "baseline").recipe["learning_rate"]
    return round(settings.settings["cifar10"][name].learning_rate / default, 2)


def test_the_baseline_chooses_from_as_many_settings_as_the_others(tmp_path: Path) -> None:
    """It trains all in full; a setting that no other arm would have kept is not chosen for it."""

    def slightly_misled(arm: Arm) -> float:
        if arm.name.endswith(SHORT):
            return low_is_best(arm)
        return {0.33: 0.7, 0.6: 0.705}.get(rate(arm), 0.6)

    settings, _ = tuned(tmp_path, slightly_misled)
    assert settings.shortened["cifar10"].loss == pytest.approx(0.5)
    assert settings.shortened["cifar10"].holds
    assert rate_of(settings, "baseline") == 0.33


def test_a_short_arm_differs_from_its_reference_as_the_full_one_does() -> None:
    first = Shortened(study(), ARMS, POINTS, 0.25).first()
    short, full = first.arm("cifar10", f"mixup{SHORT}"), study().arm("cifar10", "mixup")
    assert short.recipe["steps"] == round(full.recipe["steps"] / 4)
    assert short.reference == f"baseline{SHORT}"
    assert short.treatment == full.treatment
    baseline = first.arm("cifar10", f"baseline{SHORT}")
    assert (baseline.role, baseline.reference) == ("treatment", "baseline")
    assert baseline.treatment == ("recipe.steps", "recipe.evaluations")


@pytest.mark.parametrize("profile", ["strong", "full"])
def test_long_trainings_are_shortened_by_default(profile: str, tmp_path: Path) -> None:
    asked = ASKED._replace(profile=profile, points=0, short=1.0, seeds=3)
    assert tuning_phase.tuning_request(asked, study(asked), tmp_path).short < 1


def test_a_tuning_in_one_round_trains_every_setting_once_and_in_full(tmp_path: Path) -> None:
    settings, names = tuned(tmp_path, low_is_best, ASKED._replace(short=1.0))
    assert sorted(names) == sorted(arm.name for arm in study().arms)
    assert (settings.shortened, settings.cost) == ({}, 1.0)
    assert list(shortening_lines(settings)) == []


def test_an_interrupted_first_round_starts_no_second(tmp_path: Path) -> None:
    def stopped(study: Study, *_: Any) -> Trained:
        rounds.append(len(study.arms))
        return Trained(0, 0, {}, interrupted=True)

    rounds: list[int] = []
    options = RunOptions(tmp_path, Source("synthetic"), TrainingOptions())
    planned, store = study_run.planned(ASKED, REGISTRY, options, DISPLAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_phase, "train", stopped)
        ended = tuning_phase.tune(planned, store, ASKED, REGISTRY, options, DISPLAY)
    assert (ended.tuned, len(rounds)) == (None, 1)
    settings, names = tuned(tmp_path, low_is_best)
    assert settings.shortened["cifar10"].holds
    assert len(names) == len(set(names)) == 15 + 5 + 4
