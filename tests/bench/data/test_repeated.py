"""Training examples that are in the test split too."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.data.dataset import Dataset, Split
from bench.data.repeated import repeated_rows

RANDOM = np.random.default_rng(0)


def images() -> Dataset:
    """Make twelve training images and six test images, all different."""
    values = RANDOM.integers(0, 256, (18, 4, 5, 3)).astype(np.uint8)
    labels = np.zeros(18, np.int32)
    split = Split(values, labels)
    return Dataset("mine:1", False, 1, ("a",), split.rows(0, 12), split.rows(12, 18))


def reviews(length: int) -> Dataset:
    """Make twelve training texts and six test texts of 150 tokens or fewer, all different."""
    ids = RANDOM.integers(2, 50, (18, length)).astype(np.int32)
    split = Split(ids, np.zeros(18, np.int32), np.full(18, length, np.int32))
    return Dataset("mine:1", False, 1, ("a",), split.rows(0, 12), split.rows(12, 18))


def test_different_examples_are_not_repeated() -> None:
    assert repeated_rows(images()).tolist() == []
    assert repeated_rows(reviews(20)).tolist() == []


def test_an_image_is_repeated_if_every_pixel_is() -> None:
    data = images()
    data.train.values[7] = data.test.values[2]
    data.train.values[4] = data.test.values[5]
    data.train.values[9] = data.test.values[5]
    data.train.values[11] = data.test.values[0]
    data.train.values[11, 3, 4, 2] ^= 1
    assert repeated_rows(data).tolist() == [4, 7, 9]


@pytest.mark.parametrize(("differs_at", "repeated"), [(99, []), (100, [5]), (149, [5])])
def test_a_text_is_repeated_if_its_first_100_tokens_are(differs_at: int, repeated: list) -> None:
    data = reviews(150)
    data.train.values[5] = data.test.values[1]
    data.train.values[5, differs_at] += 1
    assert repeated_rows(data).tolist() == repeated


def test_a_shorter_text_is_compared_as_a_whole() -> None:
    data = reviews(20)
    data.train.values[5] = data.test.values[1]
    data.train.values[5, 15:] = 0
    data.train.lengths[5] = 15
    assert repeated_rows(data).tolist() == []
    data.test.values[1] = data.train.values[5]
    assert repeated_rows(data).tolist() == [5]


def test_the_rows_are_remembered_beside_the_arrays(tmp_path: Path) -> None:
    data = replace(images(), folder=tmp_path)
    data.train.values[4] = data.test.values[5]
    assert repeated_rows(data).tolist() == [4]
    remembered = tmp_path / "repeated-1.json"
    assert json.loads(remembered.read_text()) == [4]
    remembered.write_text("[1, 2]")
    assert repeated_rows(data).tolist() == [1, 2]
    for damage in ("[1, 2", "[2, 1]", "[12]", "[-1]", "[1.0]", "[true]", '"4"', "{}", ""):
        remembered.write_text(damage)
        assert repeated_rows(data).tolist() == [4]
        assert json.loads(remembered.read_text()) == [4]


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    data = replace(images(), folder=tmp_path / "file")
    data.train.values[4] = data.test.values[5]
    assert repeated_rows(data).tolist() == [4]
