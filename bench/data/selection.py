"""Select the training, validation and test examples of a recipe, and hash them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from bench.core.errors import BenchError, UsageError
from bench.data.checked import checked
from bench.data.dataset import Dataset, Split
from bench.data.repeated import RULE
from bench.storage.files import write_atomic


@dataclass(frozen=True)
class Subset:
    """The examples for training, for the validation curve, and for the one test at the end."""

    train: Split
    validation: Split
    test: Split
    digest: str
    """SHA-256 over the arrays of the three splits, 64 hexadecimal digits."""
    facts: Mapping[str, int | str] = field(default_factory=dict)
    """Changes of the data when it was loaded: see `bench.data.checked.Checked`."""


def select(dataset: Dataset, train: int, validation: int, test: int) -> Subset:
    """Take the first `train`, the last `validation` training examples and the first `test` ones.

    The data set is checked first (`bench.data.checked`). Training examples that occur in the test
    split are in no split. Training and validation never overlap, and the validation examples do not
    depend on `train`.

    Raises:
        UsageError: an array means something else, a number is out of range, or larger than the number
            of examples.
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
    return Subset(*splits, digest=_digest(dataset.folder, splits), facts=facts)


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
        for array in (split.values, split.labels, split.lengths):
            if array is not None:
                digest.update(f"{array.dtype.str}{array.shape};".encode())
                digest.update(np.ascontiguousarray(array).data)
        digest.update(b"split;")
    return digest.hexdigest()
