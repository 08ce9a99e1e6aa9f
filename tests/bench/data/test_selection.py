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
    lengths = np.array([*[4] * 5, *[3] * 15], np.int32)
    data = replace(data, train=replace(data.train, values=values, lengths=lengths))
    subset = select(data, 12, 6, 5)
    assert subset.train.labels.tolist() == [0, 1, 2, *range(4, 13)]
    assert subset.validation.labels.tolist() == list(range(13, 19))
    assert subset.train.lengths is not None
    assert subset.train.lengths.tolist() == [*[4] * 4, *[3] * 8]
    assert subset.train.values[:, 0].tolist() == (2 + 4 * subset.train.labels).tolist()
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


def labeled(counts: tuple[int, ...]) -> Dataset:
    labels = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    values = np.arange(len(labels) * 4, dtype=np.int32).reshape(-1, 4) + 2
    lengths = np.full(len(labels), 4, dtype=np.int32)
    test = Split(values[:8] + 1000, labels[:8], lengths[:8])
    names = tuple(str(number) for number in range(len(counts)))
    return Dataset(
        "synthetic:small:1", True, len(counts), names, Split(values, labels, lengths), test
    )


def test_each_seed_draws_examples_of_its_own_and_all_arms_of_a_seed_the_same_ones() -> None:
    first, again, other = (select(labeled((300, 100)), 100, 60, 5).drawn(s) for s in (3, 3, 4))
    assert np.array_equal(first.train, again.train)
    assert first.digest == again.digest
    assert not np.array_equal(first.train, other.train)
    assert first.digest != other.digest
    assert not set(first.train) & set(first.validation)
    assert (len(first.train), len(first.validation)) == (100, 60)


def test_a_draw_has_every_class_in_proportion() -> None:
    subset = select(labeled((300, 100)), 100, 60, 5)
    for seed in range(20):
        draw = subset.drawn(seed)
        for rows, smaller in ((draw.train, 25), (draw.validation, 15)):
            assert abs(np.sum(subset.pool.labels[rows] == 1) - smaller) <= 1


def test_every_example_is_drawn_equally_often() -> None:
    subset = select(labeled((30, 30)), 30, 0, 5)
    counts = np.zeros(60)
    for seed in range(400):
        counts[subset.drawn(seed).train] += 1
    # 200 expected of each with a binomial sd of 10.
    assert counts.min() > 160
    assert counts.max() < 240
    assert 5 < counts.std() < 15


def test_a_draw_of_all_examples_leaves_none_out() -> None:
    draw = select(labeled((30, 10)), 30, 10, 5).drawn(1)
    assert sorted([*draw.train, *draw.validation]) == list(range(40))


def test_the_fixed_draw_is_the_one_of_earlier_versions() -> None:
    subset = select(dataset(), 12, 4, 5)
    fixed = subset.fixed()
    assert fixed.train.tolist() == list(range(12))
    assert fixed.validation.tolist() == list(range(16, 20))
    assert (fixed.digest, fixed.pool) == (subset.digest, "")


def test_other_examples_in_the_pool_are_another_draw() -> None:
    data = labeled((30, 10))
    values = data.train.values.copy()
    values[39] += 5
    changed = replace(data, train=replace(data.train, values=values))
    assert select(data, 5, 5, 5).drawn(0).digest != select(changed, 5, 5, 5).drawn(0).digest
