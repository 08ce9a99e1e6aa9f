"""A run from its request on: the study to which it writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.study import Study
from bench.plugins.registry import find
from bench.running import study_run
from bench.running.collect import TrainingWatch
from bench.running.request import Request
from bench.running.study_run import Display, RunOptions
from bench.running.timing_phase import TimingWatch
from bench.running.tuning import Tuned, TunedSetting
from bench.running.workers import TrainingOptions
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench import measured

REGISTRY = find()


@contextlib.contextmanager
def silent(total: int) -> Iterator[TrainingWatch]:
    yield TrainingWatch()


DISPLAY = Display(print, print, silent, TimingWatch())


def planned(results: Path, **asked: object) -> tuple[Study, Store, list[str]]:
    """Return the study of a request, its store, and the warnings."""
    warnings: list[str] = []
    display = Display(lambda notice: None, warnings.append, silent, TimingWatch())
    request = Request(**{"profile": "smoke", "tasks": ("cifar10",), "strategies": (), **asked})  # type: ignore[arg-type]
    options = RunOptions(results, Source("synthetic"), TrainingOptions())
    study, store = study_run.planned(request, REGISTRY, options, display)
    return study, store, warnings


def finished(results: Path, name: str) -> Store:
    store = Store(results / name)
    study = measured.study(name=name)
    store.write_study(study)
    store.write(measured.record(study.trials()[0], name))
    store.compact()
    return store


def test_a_default_name_passes_over_finished_studies(tmp_path: Path) -> None:
    study, store, warnings = planned(tmp_path)
    assert (study.name, warnings) == ("smoke-synthetic", [])
    finished(tmp_path, "smoke-synthetic")
    finished(tmp_path, "smoke-synthetic-2")
    study, store, (warning,) = planned(tmp_path)
    assert study.name == store.folder.name == "smoke-synthetic-3"
    assert warning.endswith("is a finished study and stays; this one is 'smoke-synthetic-3'")
    study_run.declared(study, store, REGISTRY, DISPLAY)
    assert planned(tmp_path)[0].name == "smoke-synthetic-3", "the same command goes on with it"


def test_seeds_are_drawn_once_for_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter((7000, 8000))
    monkeypatch.setattr(study_run, "draw", lambda taken, seeds: next(drawn))
    study, store, _ = planned(tmp_path, first_seed=None)
    assert [trial.seed for trial in study.trials()] == [7000, 7001, 7002]
    study_run.declared(study, store, REGISTRY, DISPLAY)
    assert planned(tmp_path, first_seed=None)[0].first_seed == 7000
    assert planned(tmp_path, first_seed=None, name="other")[0].first_seed == 8000
    study, store, _ = planned(tmp_path, first_seed=0)
    with pytest.raises(UsageError, match=r"another first_seed \(7000, asked for: 0\)"):
        study_run.declared(study, store, REGISTRY, DISPLAY)


def test_tuned_settings_are_not_judged_on_the_seeds_that_chose_them(tmp_path: Path) -> None:
    setting = TunedSetting(
        learning_rate=0.01, validation_accuracy=0.5, default_validation_accuracy=0.4, trials=8
    )
    tuned = Tuned(
        profile="smoke", points=4, seeds=2, first_seed=5, data={"cifar10": "x"},
        settings={"cifar10": {"baseline": setting}},
    )  # fmt: skip
    with pytest.raises(UsageError, match="tuned on seed 5 too"):
        planned(tmp_path, tuned=tuned, first_seed=3)
    planned(tmp_path, tuned=tuned, first_seed=7)


def test_a_finished_study_is_not_written_to_by_name(tmp_path: Path) -> None:
    folder = finished(tmp_path, "mine").folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    study, store, _ = planned(tmp_path, name="mine")
    with pytest.raises(UsageError, match="is a finished study"):
        study_run.declared(study, store, REGISTRY, DISPLAY)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_studies_of_the_repository_are_finished() -> None:
    """So that no run changes them."""
    results = Path(__file__).parents[3] / "results"
    folders = [path.parent for path in results.glob("*/study.json")]
    assert len(folders) >= 10
    assert [folder.name for folder in folders if not Store(folder).is_compact()] == []
