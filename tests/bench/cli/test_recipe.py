"""`bench recipe` writes the best arm, or the named one, and gives a reason where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.recipe import recipe
from bench.core.errors import UsageError
from bench.plugins.registry import find
from bench.storage.store import Store
from tests.bench.report.study_factory import Plan, Planted, make

ARMS = {
    "mixup": Planted(4.0, step_ratio=1.2),
    "label_smoothing": Planted(2.5),
    "label_smoothing+mixup": Planted(3.2),
    "cutmix": Planted(-5.0),
}


def stored(folder: Path, **changes: object) -> str:
    """Write a study with recipes of the suite's tasks; return its folder."""
    made = make(Plan(**{"arms": ARMS, "tasks": ("cifar10",), **changes}))  # type: ignore[arg-type]
    arms = [
        arm.model_copy(
            update={"recipe": find().task(arm.task).recipe("smoke").model_dump(mode="json")}
        )
        for arm in made.study.arms
    ]
    store = Store(folder / made.study.name)
    store.write_study(made.study.model_copy(update={"arms": tuple(arms)}))
    for record in (*made.records, *made.step_times):
        recipe_of = find().task(record.task).recipe("smoke").model_dump(mode="json")
        store.write(record.model_copy(update={"recipe": recipe_of}))
    return str(store.folder)


def test_the_best_arm_by_its_verdict_with_what_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.py"
    recipe(stored(tmp_path), output=path)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(
        "arm mixup: the largest effect of those shown to be better: test accuracy"
    )
    assert said[1:] == [f"script: {path}"]
    text = path.read_text()
    assert "Against 'baseline': test accuracy +" in text
    assert "# Measured alone: test accuracy +" in text
    assert "better by more than the margin" in text
    with pytest.raises(UsageError, match="--force"):
        recipe(str(tmp_path / "standard-tfds"), output=path)
    path.write_text("")
    recipe(str(tmp_path / "standard-tfds"), output=path, force=True)
    assert path.read_text() == text


def test_a_stack_has_the_effect_of_each_part(tmp_path: Path) -> None:
    path = tmp_path / "out.py"
    recipe(stored(tmp_path), "label_smoothing+mixup", output=path)
    text = path.read_text()
    assert text.count("# Measured alone: test accuracy +") == 2


@pytest.mark.parametrize("arms", [{"cutmix": Planted(-5.0)}, {}], ids=["worse", "none"])
def test_nothing_better_is_the_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arms: dict[str, Planted]
) -> None:
    recipe(stored(tmp_path, arms=arms, controls=False), output=tmp_path / "out.py")
    assert "arm baseline: no technique is shown to be better" in capsys.readouterr().out
    assert "mixed" not in (tmp_path / "out.py").read_text()


@pytest.mark.parametrize(
    ("arm", "task", "message"),
    [
        ("mixpu", "cifar10", "did you mean 'mixup'"),
        (None, None, "choose one with --task: cifar10, imdb"),
        (None, "imbd", "did you mean 'imdb'"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, arm: str, task: str, message: str) -> None:
    folder = stored(tmp_path, tasks=("cifar10", "imdb"), seeds=2, processes=1)
    with pytest.raises(UsageError, match=message):
        recipe(folder, arm, task, output=tmp_path / "out.py")
    assert not (tmp_path / "out.py").exists()
