"""A study cut to minutes: its size, its deadline, and its continuation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.plugins.registry import find
from bench.running import budget
from bench.running.budget import Chosen, Cost, within
from bench.running.collect import collect
from bench.running.plan import plan
from bench.running.request import Request
from bench.running.workers import TrainingOptions
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench.measured import Measure, study
from tests.bench.running.executors.serial import SerialExecutor

REGISTRY = find()
SOURCE = Source("synthetic")
FAST = Cost(start=1.0, trace=0.5, step=1e-4, evaluation=0.1)
SLOW = Cost(start=10.0, trace=6.0, step=0.05, evaluation=2.0)


def cut(
    monkeypatch: pytest.MonkeyPatch, results: Path, cost: Cost, minutes: float = 5, **asked: object
) -> Chosen:
    """Cut a study of two tasks to a budget at a cost of a trial."""
    monkeypatch.setattr(budget, "probe", lambda request, *_: dict.fromkeys(request.tasks, cost))
    request = Request(profile="quick", seeds=3, **asked)  # type: ignore[arg-type]
    return within(60 * minutes, request, REGISTRY, SOURCE, TrainingOptions(jobs=2), 1, results)


def test_a_fast_machine_gets_more_examples_and_seeds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fast, slow = (cut(monkeypatch, tmp_path, cost) for cost in (FAST, SLOW))
    assert (fast.request.scale, fast.request.seeds) == (4.0, 10)
    assert slow.request.scale < 1
    more = cut(monkeypatch, tmp_path, SLOW, minutes=40)
    assert (more.request.scale, more.request.seeds) > (slow.request.scale, slow.request.seeds)


def test_the_size_is_in_the_name_and_in_every_recipe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    request = cut(monkeypatch, tmp_path, SLOW).request
    made, whole = (
        plan(asked, REGISTRY, SOURCE).study for asked in (request, request._replace(scale=1.0))
    )
    assert made.name == f"x{request.scale:g}-quick-synthetic"
    for arm, one in zip(made.arms, whole.arms, strict=True):
        for part in ("steps", "train_examples"):
            assert arm.recipe[part] == round(request.scale * one.recipe[part])


def test_what_is_said_adds_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = cut(monkeypatch, tmp_path, FAST).lines
    assert first == (
        "a trial's steps take 0 ms each on cifar10, 0 ms each on imdb: 10 seeds of quick, "
        "4 times the examples and steps"
    )
    assert second.startswith("about ")
    *_, too_much = cut(monkeypatch, tmp_path, SLOW, minutes=0.5).lines
    assert "more than the 30 s left of the budget" in too_much


def test_no_trial_begins_after_the_deadline(tmp_path: Path) -> None:
    asked, store = study(["baseline", "mixup"], seeds=3), Store(tmp_path)
    store.write_study(asked)
    past = time.monotonic() - 1
    assert collect(store, SerialExecutor(), asked.trials(), Measure(), None, past).written == 0
    left = store.missing(asked)
    assert collect(store, SerialExecutor(), left, Measure(), None, past + 60).written == len(left)


def test_trials_end_before_the_step_times_and_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = time.monotonic()
    chosen = cut(monkeypatch, tmp_path, SLOW, minutes=10)
    assert chosen.training.deadline is not None
    assert now + 120 < chosen.training.deadline < chosen.deadline - 60 < now + 600 - 60


def test_the_same_command_goes_on_with_its_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = cut(monkeypatch, tmp_path, SLOW).request
    made = plan(begun, REGISTRY, SOURCE).study
    Store(tmp_path / made.name).write_study(made)
    again = cut(monkeypatch, tmp_path, FAST).request
    assert (again.scale, again.seeds) == (begun.scale, begun.seeds)


def test_sizes_of_ones_own_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for asked in (
        {"name": "mine"},
        {"settings": {"recipe.steps": "3"}},
        {"sweep": "mixup.alpha=1"},
    ):
        with pytest.raises(UsageError, match="--budget chooses the size"):
            cut(monkeypatch, tmp_path, FAST, **asked)
