"""The data of a user's task is checked against what the task declares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.core.recipe import Recipe
from bench.core.strategy import TaskFacts
from bench.data.dataset import Dataset, Split
from bench.data.selection import Subset, select
from bench.data.source import Identity, Source
from bench.tasks.loading import load_data
from bench.tasks.task import Task

RECIPE = Recipe(
    train_examples=4,
    validation_examples=2,
    test_examples=3,
    steps=1,
    batch_size=2,
    learning_rate=0.1,
)


def image_data(classes: int = 3) -> Dataset:
    values = np.random.default_rng(0).integers(0, 256, (12, 4, 4, 1)).astype(np.int64)
    split = Split(values, np.arange(12) % classes)
    return Dataset("mine:1", False, classes, (), split.rows(0, 8), split.rows(8, 12))


def text_data() -> Dataset:
    ids = np.random.default_rng(0).integers(2, 9, (12, 5))
    split = Split(ids, np.arange(12) % 3, np.full(12, 5))
    return Dataset("mine:1", False, 3, (), split.rows(0, 8), split.rows(8, 12))


def task(given: Any, modality: Any = "image", classes: int = 3) -> Task:
    """Make a task whose `load` returns some value."""

    class Mine(Task):
        facts = TaskFacts("mine", modality, classes, {})
        summary = "mine"
        profiles = {"quick": RECIPE}

        def identify(self, source: Source) -> Identity:
            return Identity("mine:1", False)

        def load(self, recipe: Recipe, source: Source) -> Any:
            if isinstance(given, Dataset):
                return select(given, 4, 2, 3)
            return given

        def network(self, recipe: Recipe, parts: Any) -> Any:
            raise NotImplementedError

    return Mine()


def test_what_select_gives_is_loaded() -> None:
    subset = load_data(task(image_data()), RECIPE, Source())
    assert subset.train.values.dtype == np.uint8
    assert subset.train.labels.dtype == np.int32
    assert [len(s) for s in (subset.train, subset.validation, subset.test)] == [4, 2, 3]
    assert load_data(task(text_data(), "text"), RECIPE, Source()).test.lengths is not None


RAW = Split(np.zeros((2, 4, 4, 1)), np.zeros(2, np.int32))


@pytest.mark.parametrize(
    ("given", "modality", "classes", "words"),
    [
        (None, "image", 3, r"load returned NoneType; return bench.select"),
        ((1, 2), "image", 3, r"load returned tuple"),
        (
            image_data(),
            "image",
            2,
            r"training split has labels up to 2, and the task declares 2 cl",
        ),
        (image_data(), "text", 3, r"has values of type uint8 .* no text data"),
        (text_data(), "image", 3, r"has values of type int32 .* no image data"),
        (Subset(RAW, RAW, RAW, "x"), "image", 3, r"values of type float64 .* bench.select"),
    ],
)
def test_anything_else_is_one_line(given: Any, modality: str, classes: int, words: str) -> None:
    with pytest.raises(UsageError, match=f"^task mine: .*{words}") as error:
        load_data(task(given, modality, classes), RECIPE, Source())
    assert "\n" not in str(error.value)
