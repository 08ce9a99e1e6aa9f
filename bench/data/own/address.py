"""The address of a user's data: `folder:pictures`, `csv:reviews.csv`, `tfds:fashion_mnist`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from bench.core.errors import UsageError, unknown
from bench.core.paths import absolute

KINDS = {
    "folder": "PATH, images in a folder for each class",
    "npz": "FILE with x_train, y_train[, x_test, y_test]",
    "csv": "FILE (.csv, .tsv, .jsonl, .parquet) with columns text and label",
    "idx": "FOLDER of IDX files, as MNIST and Fashion-MNIST have them",
    "tfds": "NAME[/CONFIG] of tensorflow-datasets",
}
"""Kind of address -> what follows the colon."""


class Address(NamedTuple):
    """The kind of some data, and its place."""

    kind: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}"

    @property
    def path(self) -> Path:
        """Return the place as an absolute path; of no use for `tfds`."""
        return absolute(self.place)

    @property
    def absolute(self) -> Address:
        """Return the address that holds in every working directory of this machine."""
        return self if self.kind == "tfds" else self._replace(place=str(self.path))

    @property
    def name(self) -> str:
        """Return the name of a task of this data: letters, digits, `_` and `-`.

        It is empty after the kind if the place has none of these characters.
        """
        last = self.place if self.kind == "tfds" else self.path.stem
        return f"{self.kind}-{re.sub('[^A-Za-z0-9_]+', '-', last).strip('-')[:40]}"


def is_address(text: str) -> bool:
    """Tell an address from the name of a task, which holds no colon."""
    return ":" in text


def parse(text: str) -> Address:
    """Read an address.

    Raises:
        UsageError: its kind does not exist, or nothing follows the colon.
    """
    kind, _, place = text.partition(":")
    if kind not in KINDS:
        raise unknown("kind of data", kind, KINDS)
    if not place:
        raise UsageError(f"{text} names no data; write {kind}:{KINDS[kind]}")
    return Address(kind, place)
