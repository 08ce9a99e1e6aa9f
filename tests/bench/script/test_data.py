"""A script trains on examples that are chosen as the suite chooses them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.recipe import changed
from bench.data.dataset import Dataset, Split
from bench.data.repeated import COMPARED_TOKENS, repeated_rows
from bench.data.selection import Subset, select
from bench.plugins.registry import find
from bench.script.notes import Notes
from bench.script.script import script
from tests.bench.script.equal import executed, written
from tests.tiny import tiny_recipe

REGISTRY = find()
TRAIN, VALIDATION, TEST, CLASSES = 50, 20, 30, 2
CHANGES = {"train_examples": TRAIN, "validation_examples": VALIDATION}
COPIES = 7


def script_of(task: str, folder: Path, **changes: object) -> dict[str, Any]:
    kind = REGISTRY.task(task)
    recipe = changed(tiny_recipe(kind), {**CHANGES, **changes}, task)
    return executed(written(kind, [], recipe), folder)


def with_copies(task: str) -> Dataset:
    """Make data of unequal classes, in which the test split has copies of training examples.

    A copied text has another word behind the compared ones.
    """
    random = np.random.default_rng(5)
    labels = (random.random(TRAIN + VALIDATION + 15) < 0.3).astype(np.int32)
    tested = (random.random(TEST) < 0.3).astype(np.int32)
    if task == "cifar10":
        images, others = (
            random.integers(0, 256, (len(each), 4, 4, 3), dtype=np.uint8)
            for each in (labels, tested)
        )
        others[:COPIES] = images[::9][:COPIES]
        splits = Split(images, labels), Split(others, tested)
    else:
        length = COMPARED_TOKENS + 10
        ids, others = (
            random.integers(2, 40, (len(each), length)).astype(np.int32)
            for each in (labels, tested)
        )
        others[:COPIES] = ids[::9][:COPIES]
        others[:COPIES, -1] = 1
        full = (np.full(len(each), length, np.int32) for each in (labels, tested))
        splits = Split(ids, labels, next(full)), Split(others, tested, next(full))
    return Dataset("tfds:some:1.0.0", False, CLASSES, ("few", "many"), *splits)


def subset(data: Dataset) -> Subset:
    return select(data, TRAIN, VALIDATION, TEST)


@pytest.mark.parametrize("task", ["cifar10", "imdb"])
def test_examples_of_the_test_split_are_left_out_as_in_the_suite(task: str, tmp_path: Path) -> None:
    data, made = with_copies(task), script_of(task, tmp_path)
    values, labels = made["unseen"](data.train.values, data.train.labels, data.test.values)
    rows = repeated_rows(data)
    assert len(rows) == COPIES
    np.testing.assert_array_equal(values, np.delete(data.train.values, rows, axis=0))
    np.testing.assert_array_equal(labels, np.delete(data.train.labels, rows))


@pytest.mark.parametrize("seed", [0, 4])
def test_a_seed_draws_the_examples_that_the_suite_draws(seed: int, tmp_path: Path) -> None:
    chosen = subset(with_copies("cifar10"))
    made = script_of("cifar10", tmp_path)
    made["split"].__globals__["SEED"] = seed
    rows, held_out = made["split"](chosen.pool.labels)
    draw = chosen.drawn(seed)
    np.testing.assert_array_equal(rows, draw.train)
    np.testing.assert_array_equal(held_out, draw.validation)


def test_seeds_share_the_examples_where_the_study_did(tmp_path: Path) -> None:
    labels = subset(with_copies("cifar10")).pool.labels
    made = script_of("cifar10", tmp_path, resample=False)
    draws = []
    for seed in (0, 4):
        made["split"].__globals__["SEED"] = seed
        draws.append(made["split"](labels))
    for one, other in zip(*draws, strict=True):
        np.testing.assert_array_equal(one, other)
    for rows, number in zip(draws[0], (TRAIN, VALIDATION), strict=True):
        assert len(rows) == number
        assert abs(labels[rows].sum() - number * labels.mean()) <= 1


@pytest.mark.parametrize("task", ["cifar10", "imdb"])
def test_a_script_trains_on_balanced_rows_free_of_test_examples(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, made = with_copies(task), script_of(task, tmp_path)
    given = {}

    def train(values: np.ndarray, labels: np.ndarray) -> str:
        given["train"] = values, labels
        return "network"

    def evaluate(network: str, values: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        given["validation" if len(labels) == VALIDATION else "test"] = values, labels
        return 0.5, 0.7

    splits = [(each.values, each.labels) for each in (data.train, data.test)]
    made["main"].__globals__.update(train=train, evaluate=evaluate, load_data=lambda: splits)
    monkeypatch.setattr(sys, "argv", ["script.py", "--seed", "3"])
    made["main"]()
    pool = subset(data)
    draw = pool.drawn(3)
    for name, rows in (("train", draw.train), ("validation", draw.validation)):
        np.testing.assert_array_equal(given[name][0], pool.pool.values[rows])
        np.testing.assert_array_equal(given[name][1], pool.pool.labels[rows])
    assert len(given["test"][1]) == TEST


def test_a_smaller_test_of_the_study_is_told(tmp_path: Path) -> None:
    kind = REGISTRY.task("cifar10")

    def text(examples: int) -> str:
        recipe = changed(tiny_recipe(kind), {"test_examples": examples}, "cifar10")
        return script(kind, [], recipe, "tfds:cifar10:3.0.2", "A script.", Notes("", {})).text

    assert "of which the study took 500 examples" in text(500)
    assert "of which the study took" not in text(10_000)
