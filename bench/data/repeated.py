"""Training examples that occur in the test split too, which would be tested after they were learned.

Two images are the same if all their pixels are. Two texts are the same if their first 100 tokens are,
with the vocabulary that the network has. No two different reviews agree in so many tokens, and a copy
with another ending is still found. In IMDB 125 training reviews occur in the test split. All of them
have the same label there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np

from bench.core.errors import BenchError
from bench.data.dataset import Dataset, Split
from bench.storage.files import write_atomic

COMPARED_TOKENS = 100
RULE = "1"
"""Version of the rule: raise it when other examples are found in the same arrays."""


def repeated_rows(dataset: Dataset) -> np.ndarray:
    """Find the rows of the training split that occur in the test split.

    The list is remembered beside the arrays, whose folder is named by their content.

    Returns:
        int64, sorted.
    """
    path = None if dataset.folder is None else dataset.folder / f"repeated-{RULE}.json"
    rows = None if path is None else _read(path, len(dataset.train))
    if rows is None:
        rows = _compare(dataset.train, dataset.test)
        if path is not None:
            # The file only saves time: with a read-only or full cache the rows are found again.
            with suppress(BenchError):
                write_atomic(path, json.dumps(rows).encode())
    return np.array(rows, dtype=np.int64)


def _compare(train: Split, test: Split) -> list[int]:
    tested = set(_digests(test))
    return [row for row, digest in enumerate(_digests(train)) if digest in tested]


def _digests(split: Split) -> Iterator[bytes]:
    compared = split.values if split.lengths is None else split.values[:, :COMPARED_TOKENS]
    return (blake2b(row.tobytes(), digest_size=16).digest() for row in compared)


def _read(path: Path, examples: int) -> list[int] | None:
    """Read a list of rows; None without a file, or if it is no such list."""
    try:
        rows = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    whole = isinstance(rows, list) and all(type(row) is int for row in rows)
    return rows if whole and rows == sorted({*rows} & {*range(examples)}) else None
