"""Tuning before a study: the same arms, seeds of its own, settings only if it ended."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import UsageError
from bench.core.study import Study
from bench.plugins.registry import find
from bench.running import study_run, training_phase, tuning_phase
from bench.running.collect import TrainingWatch
from bench.running.plan import plan
from bench.running.request import Request
from bench.running.study_run import Display, RunOptions
from bench.running.timing_phase import TimingWatch
from bench.running.training_phase import Trained
from bench.running.workers import TrainingOptions
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench.measured import record

REGISTRY = find()
ASKED = Request(
    profile="smoke", tasks=("cifar10",), strategies=("layer_norm", "mixup"),
    base=("batch_norm", "label_smoothing"), design="around", seeds=3, first_seed=1000,
)  # fmt: skip
DISPLAY = Display(print, print, lambda trials: nullcontext(TrainingWatch()), TimingWatch())


def study(request: Request = ASKED) -> Study:
    return plan(request, REGISTRY, Source("synthetic")).study


def options(folder: Path) -> RunOptions:
    return RunOptions(folder, Source("synthetic"), TrainingOptions())


def trained(interrupted: bool) -> Any:
    """Return a stand-in for training: low rates are best, and label smoothing stays as it is."""

    def train(study: Study, store: Store, *_: object) -> Trained:
        default = study.arm("cifar10", "baseline").recipe["learning_rate"]
        for trial in study.trials() if not interrupted else ():
            made = record(trial)
            assert made.final is not None
            best = trial.arm.recipe["learning_rate"] < default
            kept = trial.arm.name.startswith("without label_smoothing")
            accuracy = 0.8 if best and not kept else 0.5
            final = made.final.model_copy(update={"validation_accuracy": accuracy})
            store.write(made.model_copy(update={"final": final, "study": study.name}))
        return Trained(0, 0, {}, interrupted)

    return train


def before(folder: Path, **changes: Any) -> tuning_phase.Ahead:
    asked = ASKED._replace(**changes)
    return tuning_phase.ahead(asked, study(asked), REGISTRY, options(folder), DISPLAY)


def tuned_ahead(plan: tuning_phase.Ahead, folder: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_phase, "train", trained(interrupted=False))
        ended = tuning_phase.tune_ahead(plan, REGISTRY, options(folder), DISPLAY, retrain=False)
    assert ended.tuned is not None
    return ended.tuned.settings["cifar10"]


def tuned(folder: Path, interrupted: bool = False) -> tuning_phase.Tuning:
    asked = tuning_phase.tuning_request(ASKED, study(), folder)
    planned, store = study_run.planned(asked, REGISTRY, options(folder), DISPLAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_phase, "train", trained(interrupted))
        return tuning_phase.tune(planned, store, asked, REGISTRY, options(folder), DISPLAY)


def test_each_arm_of_the_study_tries_as_many_settings_on_a_seed_that_the_study_has_not(
    tmp_path: Path,
) -> None:
    request = tuning_phase.tuning_request(ASKED, study(), tmp_path)
    made = study(request)
    assert made.name == f"tune-{study().name}"
    assert len(made.arms) == tuning_phase.POINTS * len(study().arms)
    assert made.seeds == 1
    assert made.first_seed not in study().seed_range()
    assert {arm.name for arm in study().arms} <= {arm.name for arm in made.arms}


def test_a_tuning_that_goes_on_keeps_its_seed(tmp_path: Path) -> None:
    first = tuned(tmp_path, interrupted=True)
    assert first.tuned is None
    assert not first.path.exists(), "settings of half a tuning are no settings"
    (folder,) = tmp_path.iterdir()
    seed = json.loads((folder / "study.json").read_text())["study"]["first_seed"]
    assert tuning_phase.tuning_request(ASKED, study(), tmp_path).first_seed == seed


def test_arms_around_a_base_are_tuned_and_compared_with_the_tuned_base(tmp_path: Path) -> None:
    settings = tuned(tmp_path).tuned
    assert settings is not None
    made = study(ASKED._replace(tuned=settings))
    default = made.arm("cifar10", "baseline").recipe["learning_rate"]
    swapped = made.arm("cifar10", "layer_norm for batch_norm[tuned]")
    assert [use.name for use in swapped.strategies] == ["label_smoothing", "layer_norm"]
    assert swapped.reference == "baseline[tuned]"
    assert swapped.recipe["learning_rate"] < default
    without = made.arm("cifar10", "without batch_norm[tuned]")
    assert [use.name for use in without.strategies] == ["label_smoothing"]
    assert without.reference == "baseline[tuned]"
    kept = made.arm("cifar10", "without label_smoothing[tuned]")
    assert kept.recipe["learning_rate"] == default
    assert made.arm("cifar10", "baseline[tuned]").reference == "baseline"
    assert set(made.family) == {
        ("cifar10", f"{arm.name}[tuned]") for arm in study().arms if arm.reference
    }


def test_a_setting_stays_when_the_study_grows(tmp_path: Path) -> None:
    """A second choice would change an arm that is measured already."""
    first = tuned_ahead(before(tmp_path), tmp_path)
    assert before(tmp_path).untuned == (), "nothing is left to tune, or to train"
    path = tmp_path / f"tune-{study().name}" / "tuned.json"
    written = json.loads(path.read_text())
    written["settings"]["cifar10"]["mixup"]["learning_rate"] = 0.123
    path.write_text(json.dumps(written))
    more = before(tmp_path, strategies=("layer_norm", "mixup", "cutout"))
    assert more.untuned == (("cifar10", "cutout"),)
    second = tuned_ahead(more, tmp_path)
    assert second["mixup"].learning_rate == 0.123
    assert second["cutout"].trials == tuning_phase.POINTS
    assert second.keys() == {*first, "cutout"}


def test_what_the_study_refuses_is_refused_before_anything_is_tuned(tmp_path: Path) -> None:
    name = f"{study().name}-tuned"
    store = Store(tmp_path / name)
    store.folder.mkdir()
    store.write_study(study().model_copy(update={"name": name}))
    with pytest.raises(UsageError, match="exists without tuned arms"):
        before(tmp_path)


def test_step_times_are_not_waited_for(tmp_path: Path) -> None:
    """`--equal-time` needs those of the study; its tuning has none."""
    asked = tuning_phase.untimed(options(tmp_path)._replace(equal_time=True, processes=5))
    assert (asked.equal_time, asked.processes) == (False, 0)


def test_an_arm_whose_trials_failed_has_no_setting_and_is_named(tmp_path: Path) -> None:
    plan = before(tmp_path)
    settings = plan.settings.model_copy(
        update={
            "settings": {"cifar10": {"baseline": plan.settings.settings["cifar10"]["baseline"]}}
        }
    )
    missing = {name for _, name in tuning_phase.without_setting(plan, settings)}
    assert missing == {arm.name for arm in study().arms if arm.reference}
