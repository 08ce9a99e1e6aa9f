"""Equal effort for every arm, and the best point on validation."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.record import Record
from bench.core.study import Study, Trial
from bench.plugins.registry import find
from bench.running import tuning
from bench.running.plan import plan
from bench.running.request import Request, check
from bench.tasks.task import Source
from tests.bench.measured import record

REGISTRY = find()
NAMES = ("label_smoothing", "batch_norm")


def study(points: int = 4, **asked: object) -> Study:
    request = Request(
        profile="smoke", tasks=("cifar10",), strategies=NAMES, seeds=2, points=points, **asked
    )  # type: ignore[arg-type]
    return plan(request, REGISTRY, Source("synthetic")).study


def reaching(trial: Trial, validation_accuracy: float) -> Record:
    made = record(trial)
    assert made.final is not None
    final = made.final.model_copy(update={"validation_accuracy": validation_accuracy})
    return made.model_copy(update={"final": final})


def test_every_arm_has_the_same_number_of_points_and_none_is_confirmatory() -> None:
    made = study()
    assert len(made.arms) == 3 * 4
    assert made.family == ()
    rates = [arm.recipe["learning_rate"] for arm in made.arms if arm.name.startswith("baseline")]
    assert len(set(rates)) == 4
    default = rates[0]
    low, high = tuning.LEARNING_RATE
    assert all(low * default <= rate <= high * default for rate in rates)


def test_points_stay_in_declared_ranges_and_repeat() -> None:
    smoothing = REGISTRY.strategy("label_smoothing")()
    searched = tuning.ranges(smoothing)
    found = list(tuning.points(searched, 8))
    assert found == list(tuning.points(searched, 8))
    by_name = {r.name: r for r in searched}
    for point in found:
        for name, value in point.items():
            assert by_name[name].low <= value <= by_name[name].high
    assert [tuple(point) for point in found[:4]] == [("learning_rate",), ("smoothing",)] * 2
    assert {tuple(point) for point in found[4:]} == {("learning_rate", "smoothing")}
    assert len({point["smoothing"] for point in found if "smoothing" in point}) == 6


def test_an_arm_without_ranges_of_its_own_tries_as_many_rates() -> None:
    found = [point["learning_rate"] for point in tuning.points(tuning.ranges(None), 4)]
    assert found == list(tuning.FACTORS)
    assert min(found) < 0.5 < 1 < 2 < max(found)


def test_the_best_mean_on_validation_is_chosen_and_incomplete_points_are_not() -> None:
    made = study(first_seed=40)
    best = "label_smoothing[point 2]"
    records = []
    for trial in made.trials():
        name = trial.arm.name
        if name == "label_smoothing[point 3]" and trial.seed == 41:
            continue  # would win, and one of its seeds is missing
        accuracy = {best: 0.7, "label_smoothing[point 3]": 0.9}.get(name, 0.5)
        records.append(reaching(trial, accuracy))
    tuned = tuning.choose(made, records, 4, {"baseline": "", **{n: n for n in NAMES}})
    chosen = tuned.settings["cifar10"]
    assert (tuned.first_seed, tuned.seeds) == (40, 2)
    arm = made.arm("cifar10", best)
    assert chosen["label_smoothing"].learning_rate == arm.recipe["learning_rate"]
    assert chosen["label_smoothing"].parameters == arm.strategies[0].parameters
    assert chosen["label_smoothing"].validation_accuracy == 0.7
    # A tie goes to the default setting.
    assert (
        chosen["baseline"].learning_rate == made.arm("cifar10", "baseline").recipe["learning_rate"]
    )


def test_where_likelihood_is_judged_it_chooses() -> None:
    """The sharpest setting is the most accurate and the least likely one."""
    sharp = "label_smoothing[point 2]"
    for judged, best in (("test_accuracy", sharp), ("ece", sharp), ("nll", "label_smoothing")):
        made, records = study(judged=judged), []
        for trial in made.trials():
            reached = reaching(trial, 0.7 if trial.arm.name == sharp else 0.6)
            assert reached.final is not None
            nll = 0.9 if trial.arm.name == sharp else 0.3 if trial.arm.name == best else 0.4
            final = reached.final.model_copy(update={"validation_nll": nll})
            records.append(reached.model_copy(update={"final": final}))
        tuned = tuning.choose(made, records, 4, {"label_smoothing": "label_smoothing"})
        setting = tuned.settings["cifar10"]["label_smoothing"]
        assert setting.learning_rate == made.arm("cifar10", best).recipe["learning_rate"], judged
        assert setting.validation_accuracy == pytest.approx(0.7 if best == sharp else 0.6)


def test_tuned_arms_stand_beside_the_untuned(tmp_path: Path) -> None:
    setting = tuning.TunedSetting(
        learning_rate=0.01, parameters={"smoothing": 0.2}, validation_accuracy=0.5,
        default_validation_accuracy=0.4, trials=8,
    )  # fmt: skip
    own = {"baseline": setting.model_copy(update={"parameters": {}}), "label_smoothing": setting}
    tuned = tuning.Tuned(
        profile="smoke", points=4, seeds=2, data={"cifar10": "x"}, settings={"cifar10": own}
    )
    path = tmp_path / "tuned.json"
    tuning.write(tuned, path)
    made = study(points=0, tuned=tuning.read(path))
    arm = made.arm("cifar10", "label_smoothing[tuned]")
    assert arm.reference == "baseline[tuned]"
    assert arm.strategies[0].parameters == {"smoothing": 0.2}
    assert arm.recipe["learning_rate"] == 0.01
    assert made.family == (("cifar10", "label_smoothing[tuned]"),), "tuned against tuned"
    assert study(points=0, tuned=tuning.read(path), exploratory=True).family == ()


def test_settings_for_a_preset_fit_the_command_that_names_it() -> None:
    made = study(base=("strong_image",))
    setting = tuning.TunedSetting(
        learning_rate=0.01, validation_accuracy=0.5, default_validation_accuracy=0.4, trials=8
    )
    tuned = tuning.Tuned(
        profile="smoke", base=tuple(use.name for use in made.base), points=4, seeds=2,
        data=made.data, settings={"cifar10": {"baseline": setting}},
    )  # fmt: skip
    asked = Request(profile="smoke", tasks=("cifar10",), base=("strong_image",), tuned=tuned)
    check(asked, REGISTRY)
    check(asked._replace(judged="ece"), REGISTRY)
    with pytest.raises(UsageError, match="by validation accuracy, and nll is judged"):
        check(asked._replace(judged="nll"), REGISTRY)
    with pytest.raises(UsageError, match="tune again"):
        check(asked._replace(base=("batch_norm",)), REGISTRY)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bench tune"):
        tuning.read(tmp_path / "missing.json")
    (tmp_path / "bad.json").write_text('{"profile": 3}')
    with pytest.raises(UsageError, match="no file of"):
        tuning.read(tmp_path / "bad.json")
