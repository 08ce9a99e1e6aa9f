from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.data.dataset import Dataset, Split
from bench.data.selection import select


def dataset(folder: Path | None = None) -> Dataset:
    def split(count: int, first_id: int) -> Split:
        values = first_id + np.arange(count * 4, dtype=np.int32).reshape(count, 4)
        return Split(values, np.arange(count, dtype=np.int32), np.full(count, 4, dtype=np.int32))

    names = tuple(str(number) for number in range(20))
    return Dataset("synthetic:small:1", True, 20, names, split(20, 2), split(8, 200), folder=folder)


def test_validation_is_the_end_of_the_training_split() -> None:
    subset = select(dataset(), 12, 8, 5)
    assert subset.train.labels.tolist() == list(range(12))
    assert subset.validation.labels.tolist() == list(range(12, 20))
    assert subset.test.labels.tolist() == list(range(5))
    few = select(dataset(), 3, 8, 5)
    assert few.validation.labels.tolist() == subset.validation.labels.tolist()


def test_no_validation_examples_are_none() -> None:
    assert len(select(dataset(), 20, 0, 8).validation) == 0


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((13, 8, 5), "train_examples=13 and validation_examples=8 .* the 20 training examples"),
        ((1, 1, 9), "test_examples=9 is more than the 8"),
        ((0, 1, 1), "train_examples is 0"),
        ((1, -1, 1), "validation_examples is -1"),
        ((1, 1, 0), "test_examples is 0"),
    ],
)
def test_sizes_that_do_not_fit_are_named(sizes: tuple[int, int, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        select(dataset(), *sizes)


def test_the_digest_is_of_the_selected_arrays_alone() -> None:
    digest = select(dataset(), 12, 4, 5).digest
    assert select(dataset(), 12, 4, 5).digest == digest
    assert select(dataset(), 11, 4, 5).digest != digest
    assert select(dataset(), 12, 4, 4).digest != digest
    for name in ("values", "labels", "lengths"):
        changed = dataset()
        array = getattr(changed.train, name).copy()
        change = -1 if name == "lengths" else 1
        array[13] += change  # between training and validation: not selected
        changed = replace(changed, train=replace(changed.train, **{name: array}))
        assert select(changed, 12, 4, 5).digest == digest
        array[3] += change
        assert select(changed, 12, 4, 5).digest != digest


def test_the_digest_is_remembered_beside_the_arrays(tmp_path: Path) -> None:
    digest = select(dataset(), 12, 4, 5).digest
    assert select(dataset(tmp_path), 12, 4, 5).digest == digest
    remembered = tmp_path / "digests" / "checked-1-12-4-5.txt"
    assert remembered.read_text().strip() == digest
    remembered.write_text("f" * 64)
    assert select(dataset(tmp_path), 12, 4, 5).digest == "f" * 64
    remembered.write_text("cut sho")
    assert select(dataset(tmp_path), 12, 4, 5).digest == digest
    assert remembered.read_text().strip() == digest


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "digests").write_text("a file where the folder would be")
    digest = select(dataset(tmp_path), 12, 4, 5).digest
    assert digest == select(dataset(), 12, 4, 5).digest


def test_a_training_example_of_the_test_split_is_in_no_split_and_is_counted() -> None:
    data = dataset()
    values = data.train.values.copy()
    values[3], values[19] = data.test.values[7], data.test.values[0]
    data = replace(data, train=replace(data.train, values=values))
    subset = select(data, 12, 6, 5)
    assert subset.train.labels.tolist() == [0, 1, 2, *range(4, 13)]
    assert subset.validation.labels.tolist() == list(range(13, 19))
    assert subset.train.lengths is not None
    assert len(subset.train.lengths) == 12
    assert subset.facts == {"repeated_in_test": 2}
    assert subset.digest != select(dataset(), 12, 6, 5).digest
    with pytest.raises(UsageError, match=r"the 18 training examples of synthetic:small:1 \(2 more"):
        select(data, 12, 7, 5)


def test_nothing_is_copied_where_nothing_is_left_out() -> None:
    data = dataset()
    subset = select(data, 12, 6, 5)
    assert subset.facts == {}
    assert np.shares_memory(subset.train.values, data.train.values)
    assert np.shares_memory(subset.test.values, data.test.values)
