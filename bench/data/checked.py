"""Check a data set when it is loaded, so that nothing trains on misread arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bench.core.errors import UsageError
from bench.data.dataset import Dataset, Split
from bench.data.labels import class_numbers
from bench.data.pixels import pixels
from bench.data.repeated import repeated_rows
from bench.data.tokens import texts


class Checked(NamedTuple):
    """A data set that keeps the contract of `Split`."""

    dataset: Dataset
    facts: Mapping[str, int | str]
    """Changes that were made: `pixels`, `empty_texts`, `repeated_in_test` (left out of training)."""


def checked(dataset: Dataset) -> Checked:
    """Check every array, convert unambiguous ones, and leave repeated examples out.

    Raises:
        UsageError: an array holds something else than images, texts or classes; the first fault in
            one line.
    """
    for name, split in (("training", dataset.train), ("test", dataset.test)):
        if len(split.labels) != len(split.values) or not len(split.values):
            raise UsageError(
                f"{dataset.identity}: the {name} split has {len(split.values)} examples and "
                f"{len(split.labels)} labels"
            )
    train, test, facts = _texts(dataset) if _is_text(dataset.train) else _images(dataset)
    dataset = replace(dataset, train=train, test=test)
    rows = repeated_rows(dataset)
    if len(rows):
        facts["repeated_in_test"] = len(rows)
        dataset = replace(dataset, train=_without(train, rows))
    return Checked(dataset, facts)


def _is_text(split: Split) -> bool:
    return split.lengths is not None or np.ndim(split.values) == 2


def _images(dataset: Dataset) -> tuple[Split, Split, dict[str, int | str]]:
    images = pixels(dataset.train.values, dataset.test.values, dataset.identity)
    train = Split(images.train, _labels(dataset, "training"))
    test = Split(images.test, _labels(dataset, "test"))
    return train, test, {"pixels": images.change} if images.change else {}


def _texts(dataset: Dataset) -> tuple[Split, Split, dict[str, int | str]]:
    splits, empty = [], 0
    for name, split in (("training", dataset.train), ("test", dataset.test)):
        read = texts(split.values, split.lengths, f"{dataset.identity}: the {name}")
        splits.append(Split(read.ids, _labels(dataset, name), read.lengths))
        empty += read.empty
    train, test = splits
    if train.values.shape[1] != test.values.shape[1]:
        raise UsageError(
            f"{dataset.identity}: training texts have {train.values.shape[1]} positions and test "
            f"texts {test.values.shape[1]}; pad both alike"
        )
    return train, test, {"empty_texts": empty} if empty else {}


def _labels(dataset: Dataset, name: str) -> np.ndarray:
    split = dataset.train if name == "training" else dataset.test
    return class_numbers(split.labels, dataset.classes, f"{dataset.identity}: the {name} labels")


def _without(split: Split, rows: np.ndarray) -> Split:
    kept = np.delete(np.arange(len(split)), rows)
    lengths = None if split.lengths is None else split.lengths[kept]
    return Split(split.values[kept], split.labels[kept], lengths)
