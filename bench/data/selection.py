"""Select the training, validation and test examples of a recipe, and hash them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.core.errors import BenchError, UsageError
from bench.core.randomness import integer
from bench.data.checked import checked
from bench.data.dataset import Dataset, Split
from bench.data.repeated import RULE
from bench.storage.files import write_atomic


class Draw(NamedTuple):
    """The training and validation examples of a trial, as rows of `Subset.pool`."""

    train: np.ndarray
    """int64 [train examples]."""
    validation: np.ndarray
    """int64 [validation examples], none of them in `train`."""
    digest: str
    """SHA-256 of the drawn examples and of the test examples."""
    pool: str = ""
    """SHA-256 of the arrays from which they were drawn; empty if all seeds share the examples."""


@dataclass(frozen=True)
class Subset:
    """The examples for training, for the validation curve, and for the one test at the end."""

    train: Split
    """The first training examples in the stored order."""
    validation: Split
    """The last training examples in the stored order."""
    test: Split
    digest: str
    """SHA-256 of the arrays of the three splits, 64 hexadecimal digits."""
    facts: Mapping[str, int | str] = field(default_factory=dict)
    """Changes of the data when it was loaded: see `bench.data.checked.Checked`."""
    whole: Split | None = None
    """All training examples; None if the two splits above hold all of them."""
    folder: Path | None = None
    """Folder of the arrays in the cache; None if they are not cached."""

    @cached_property
    def pool(self) -> Split:
        """The training examples that a trial may draw."""
        return joined(self.train, self.validation) if self.whole is None else self.whole

    @cached_property
    def pool_digest(self) -> str:
        """SHA-256 of the arrays of the pool and of the test split."""
        return _digest(self.folder, (self.pool, self.test))

    def fixed(self) -> Draw:
        """Take the first rows of the pool for training and the last ones for validation."""
        total, validation = len(self.pool), len(self.validation)
        rows = np.arange(total)
        return Draw(rows[: len(self.train)], rows[total - validation :], self.digest)

    def drawn(self, seed: int) -> Draw:
        """Draw a trial's own training and validation examples, stratified by class.

        The draw depends on the seed and the pool alone, so all arms of a seed share it. Each class has
        its share of the pool in both parts, to within one example.
        """
        order = _interleaved(self.pool.labels, seed)
        train = len(self.train)
        rows = order[:train], order[train : train + len(self.validation)]
        digest = sha256(self.pool_digest.encode())
        for part in rows:
            digest.update(part.astype("<i8").tobytes() + b"part;")
        return Draw(*rows, digest.hexdigest(), self.pool_digest)


def joined(first: Split, second: Split) -> Split:
    """Return the examples of two splits, one after the other."""
    lengths = None
    if first.lengths is not None and second.lengths is not None:
        lengths = np.concatenate([first.lengths, second.lengths])
    values = np.concatenate([first.values, second.values])
    return Split(values, np.concatenate([first.labels, second.labels]), lengths)


def _interleaved(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return all rows in a random order of which every part has each class in proportion."""
    random = np.random.default_rng(integer(seed, "training examples"))
    position = np.empty(len(labels))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        # NumPy keeps the numbers of `random` from version to version, and not those of `permutation`.
        position[rows[np.argsort(random.random(len(rows)))]] = (np.arange(len(rows)) + 0.5) / len(
            rows
        )
    return np.lexsort((labels, position))


def select(dataset: Dataset, train: int, validation: int, test: int) -> Subset:
    """Take the first `train`, the last `validation` training examples and the first `test` ones.

    The data set is checked first (`bench.data.checked`). Training examples that occur in the test
    split are in no split. Training and validation never overlap, and the validation examples do not
    depend on `train`.

    Raises:
        UsageError: an array cannot be read as images, texts or classes; a number is out of range, or
            larger than the number of examples.
    """
    dataset, facts = checked(dataset)
    for name, number, least in (
        ("train_examples", train, 1),
        ("validation_examples", validation, 0),
        ("test_examples", test, 1),
    ):
        if number < least:
            raise UsageError(f"{name} is {number}; it must be at least {least}")
    total = len(dataset.train)
    if train + validation > total:
        raise UsageError(
            f"train_examples={train} and validation_examples={validation} together are more than "
            f"the {total} training examples of {dataset.identity}{_left_out(facts)}; lower one of them"
        )
    if test > len(dataset.test):
        raise UsageError(
            f"test_examples={test} is more than the {len(dataset.test)} test examples of "
            f"{dataset.identity}; lower it"
        )
    splits = (
        dataset.train.rows(0, train),
        dataset.train.rows(total - validation, total),
        dataset.test.rows(0, test),
    )
    digest = _digest(dataset.folder, splits)
    return Subset(*splits, digest, facts, whole=dataset.train, folder=dataset.folder)


def _left_out(facts: Mapping[str, int | str]) -> str:
    repeated = facts.get("repeated_in_test")
    return f" ({repeated} more occur in its test split and are left out)" if repeated else ""


def _digest(folder: Path | None, splits: tuple[Split, ...]) -> str:
    """Hash the splits, and remember the hash beside the arrays: their folder is named by content."""
    if folder is None:
        return _hash(splits)
    name = "-".join(str(len(split)) for split in splits)
    remembered = folder / "digests" / f"checked-{RULE}-{name}.txt"
    if remembered.is_file():
        text = remembered.read_text(encoding="ascii", errors="replace").strip()
        if re.fullmatch(r"[0-9a-f]{64}", text):
            return text
    digest = _hash(splits)
    # The file only saves time: with a read-only or full cache the hash is computed again.
    with suppress(BenchError):
        write_atomic(remembered, f"{digest}\n".encode())
    return digest


def _hash(splits: tuple[Split, ...]) -> str:
    digest = sha256()
    for split in splits:
        for array in split.arrays():
            if array is not None:
                digest.update(f"{array.dtype.str}{array.shape};".encode())
                digest.update(np.ascontiguousarray(array).data)
        digest.update(b"split;")
    return digest.hexdigest()
