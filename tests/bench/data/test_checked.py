"""A data set is checked as a whole when it is loaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.data.checked import checked
from bench.data.dataset import Dataset, Split


def images() -> Dataset:
    values = np.random.default_rng(0).integers(0, 256, (18, 4, 5, 3)).astype(np.uint8)
    split = Split(values, np.arange(18, dtype=np.int32) % 3)
    return Dataset("mine:1", False, 3, ("a", "b", "c"), split.rows(0, 12), split.rows(12, 18))


def reviews() -> Dataset:
    ids = np.random.default_rng(0).integers(2, 50, (18, 6)).astype(np.int32)
    split = Split(ids, np.arange(18, dtype=np.int32) % 3, np.full(18, 6, np.int32))
    return Dataset("mine:1", False, 3, ("a", "b", "c"), split.rows(0, 12), split.rows(12, 18))


@pytest.mark.parametrize("make", [images, reviews])
def test_what_keeps_the_contract_is_left_as_it_is(make) -> None:
    data = make()
    result = checked(data)
    assert result.facts == {}
    for before, after in ((data.train, result.dataset.train), (data.test, result.dataset.test)):
        assert np.shares_memory(before.values, after.values)
        assert np.shares_memory(before.labels, after.labels)


def test_changes_are_told() -> None:
    data = images()
    train = replace(data.train, values=data.train.values.astype(np.int64))
    result = checked(replace(data, train=train))
    assert result.facts == {"pixels": "int64 in [0, 255] read as bytes"}
    data = reviews()
    for split, row in ((data.train, 3), (data.test, 4), (data.test, 5)):
        split.values[row], split.lengths[row] = 0, 0
    result = checked(data)
    assert result.facts == {"empty_texts": 3, "repeated_in_test": 1}


def test_what_looks_the_same_after_the_conversion_is_repeated() -> None:
    data = images()
    train = data.train.values.astype(np.float64)
    train[5] = data.test.values[2]
    test = data.test.values.astype(np.float64)
    result = checked(
        replace(data, train=replace(data.train, values=train), test=replace(data.test, values=test))
    )
    assert result.facts["repeated_in_test"] == 1
    assert len(result.dataset.train) == 11
    assert result.dataset.train.labels.tolist() == np.delete(np.arange(12) % 3, 5).tolist()


@pytest.mark.parametrize("name", ["training", "test"])
def test_every_split_is_checked(name: str) -> None:
    field = "train" if name == "training" else "test"
    for make, changes, words in (
        (images, {"labels": np.full(12, 3)}, f"mine:1: the {name} labels lie in 3 to 3"),
        (images, {"labels": np.zeros(3)}, f"the {name} split has .* examples and 3 labels"),
        (images, {"values": np.zeros((0, 4, 5, 3))}, f"the {name} split has 0 examples"),
        (reviews, {"lengths": np.full(12, 7)}, f"mine:1: the {name} lengths lie in 7 to 7"),
    ):
        data = make()
        split = getattr(data, field)
        short = {k: v[: len(split)] for k, v in changes.items()}
        broken = replace(data, **{field: replace(split, **short)})
        with pytest.raises(UsageError, match=words) as error:
            checked(broken)
        assert "\n" not in str(error.value)


def test_texts_of_two_widths_are_one_line() -> None:
    data = reviews()
    test = Split(data.test.values[:, :5], data.test.labels, data.test.lengths - 1)
    with pytest.raises(UsageError, match="training texts have 6 positions and test texts 5"):
        checked(replace(data, test=test))
