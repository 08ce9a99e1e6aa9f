"""What a data set is once it is decoded: arrays, in an order of which every prefix is fair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

PADDING = 0
UNKNOWN = 1
FIRST_WORD = 2


@dataclass(frozen=True)
class Split:
    """Examples as arrays, which may be memory-mapped and are read-only then.

    values: images uint8 [N, height, width, channels], or token ids int32 [N, T], right-padded
        with `PADDING`.
    labels: int32 [N].
    lengths: int32 [N], at least 1, how many of the T ids are words; None for images.
    """

    values: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, start: int, stop: int) -> Split:
        """The examples from `start` to before `stop`, as views of the same memory."""
        lengths = None if self.lengths is None else self.lengths[start:stop]
        return Split(self.values[start:stop], self.labels[start:stop], lengths)


@dataclass(frozen=True)
class Dataset:
    """A training and a test split, and what they are called in every record.

    identity: for instance "tfds:cifar10:3.0.2" or "synthetic:cifar10:1".
    synthetic: generated data, on which no verdict is given.
    train: the whole official training split in a fixed order (`fair_order`), so that its first
        n examples are a fair subset, and the same ones everywhere.
    notice: a line that the user must see, or "".
    folder: where the arrays lie in the cache; None if they are in no cache.
    """

    identity: str
    synthetic: bool
    classes: int
    class_names: tuple[str, ...]
    train: Split
    test: Split
    notice: str = ""
    folder: Path | None = None


def fair_order(contents: Iterable[bytes], labels: np.ndarray) -> np.ndarray:
    """A shuffled order that depends on the examples alone, not on how they were stored.

    Within a class the examples are sorted by a hash of their content; the classes are interleaved
    in proportion to their sizes, so every prefix has each class's share to within one example.

    Args:
        contents: the N examples as bytes.
        labels: int [N].

    Returns:
        int64 [N], a permutation: row i of the ordered split is row `order[i]` of the original.
    """
    digests = b"".join(blake2b(content, digest_size=8).digest() for content in contents)
    keys = np.frombuffer(digests, dtype=">u8").astype(np.uint64)
    position = np.empty(len(labels))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        rows = rows[np.argsort(keys[rows], kind="stable")]
        position[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.lexsort((labels, keys, position))
