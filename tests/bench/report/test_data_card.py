"""The card of a user's data names what is odd in it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bench.plugins.own_tasks import named
from bench.plugins.registry import find
from bench.report.data_card import card, first_lines, smallest_effect
from bench.report.headings import headings
from bench.tasks.own import AddressedTask
from bench.tasks.task import Source
from tests.bench.data.own.made import noise, write_folder, write_picture
from tests.bench.measured import study


def task_of(address: str, **options: str) -> AddressedTask:
    asked = named(find(), [address], options, None, "quick", Source())
    task = asked.registry.task(asked.tasks[0])
    assert isinstance(task, AddressedTask)
    return task


def words(text: str) -> str:
    return " ".join(text.split())


def test_everything_odd_in_a_folder_is_named(tmp_path: Path) -> None:
    root = tmp_path / "p"
    write_folder(root / "train", ["a", "b, c"], 30, 8, 9)
    write_folder(root / "test", ["b, c", "d"], 4, 8, 9)
    for index in range(9):  # pictures that are not those of the training split
        write_picture(root / "test" / "b, c" / f"{index}.png", noise(900 + index, 8, 9))
    for index in range(4):
        write_picture(root / "test" / "d" / f"{index}.png", noise(950 + index, 8, 9))
    write_picture(root / "test" / "d" / "copy.png", noise(3, 8, 9))
    (root / "train" / "a" / "broken.gif").write_bytes(b"GIF89a")
    (root / "train" / "a" / "notes.txt").write_text("notes")
    task = task_of(f"folder:{root}")
    text = words(card(task, "quick"))
    assert "examples 60 for training, 14 for the test classes 3: " in text
    assert "; unequal, so macro accuracy stands beside accuracy" in text
    assert "only training a " in text
    assert "only test d " in text
    assert "few examples training examples: d 0" in text
    assert "sizes 8x9, grey " in text
    assert "1 training examples occur in the test split (train/a/3.png = test/d/copy.png)" in text
    assert "unreadable train/a/broken.gif: " in text
    assert "other files train/a/notes.txt" in text
    assert "47 training, 12 validation, 14 test examples" in text
    first = words(first_lines(task, task.recipe("quick"), "quick"))
    assert "train/a/broken.gif" in first
    assert "notes.txt" not in first


def test_pictures_that_a_step_can_hardly_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 30, 8, 9)
    task = task_of(f"folder:{tmp_path / 'p'}", size="40")
    recipe = task.recipe("quick")
    assert "sizes 8x9, grey; enlarged to 40x40 " in words(first_lines(task, recipe, "quick"))
    assert "WARNING" not in card(task, "quick")
    maps = 4 * 4 * recipe.batch_size * 40 * 40 * recipe.values()["widths"][0]
    monkeypatch.setattr("bench.core.environment.memory", lambda: 2 * maps - 1)
    text = words(first_lines(task, recipe, "quick"))
    assert f"for a batch of {recipe.batch_size} pictures of 40x40" in text
    assert "lower data.size or recipe.batch_size" in text


def test_a_card_of_texts(tmp_path: Path) -> None:
    lines = [f"{'word ' * (i % 5)}x{i},{i % 2}" for i in range(50)] + ['"",0']
    (tmp_path / "r.csv").write_text("text,label\n" + "\n".join(lines))
    text = words(card(task_of(f"csv:{tmp_path / 'r.csv'}"), "standard"))
    assert "words, half of them" in text
    assert "1 texts without a word" in text
    assert "profile standard: network lstm, vocabulary" in text


def test_duplicates_that_only_the_network_cannot_tell_apart_are_counted(tmp_path: Path) -> None:
    lines = [f"{'same ' * 32}x{i},{i % 2}" for i in range(50)] + [
        "a b,0",
        "c d,1",
        "e f,1",
        "g h,0",
    ]
    (tmp_path / "r.csv").write_text("text,label\n" + "\n".join(lines))
    text = words(card(task_of(f"csv:{tmp_path / 'r.csv'}"), "smoke"))
    pattern = r"0 training examples occur in the test split, \d\d more as the network sees them"
    assert re.search(pattern, text)


def test_the_smallest_effect_is_that_of_a_simulated_test_split() -> None:
    """80% of studies whose trials differ in their answers alone find an effect of that size."""
    rng = np.random.default_rng(0)
    examples, seeds, studies = 400, 5, 4_000
    effect = smallest_effect(examples, seeds) / 100
    hard = rng.normal(0, np.sqrt(0.014), (studies, examples)).mean(axis=1)
    other = rng.normal(0, np.sqrt(0.15), (studies, seeds, examples)).mean(axis=(1, 2))
    error = np.sqrt(0.014 / examples + 0.15 / examples / seeds)
    found = np.mean(effect + hard + other > 1.959964 * error)
    assert found == pytest.approx(0.8, abs=0.03)


def test_layers_in_a_users_model_stand_above_every_table() -> None:
    from bench.core.study import OwnTask

    asked = study(["baseline", "mixup"])
    task = asked.arms[0].task
    own = OwnTask(address="npz:m.npz", model="m.py:f", inside=("Dropout 0.5",))
    import pandas as pd

    empty = pd.DataFrame({"task": [], "arm": []})
    lines = headings(asked.model_copy(update={"own_tasks": {task: own}}), empty)
    assert f"{task}: already in your model: Dropout 0.5" in lines
