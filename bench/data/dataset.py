"""Data sets as arrays, in an order in which every prefix has each class's share."""

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
    """Examples as arrays; memory-mapped ones are read-only."""

    values: np.ndarray
    """Images [N, height, width, channels], uint8 or float32 in [0, 1]; or token ids int32 [N, T].

    Ids are padded on the right with 0; 1 is the unknown word. `bench.data.checked` converts other
    arrays, or refuses them.
    """
    labels: np.ndarray
    """Classes, int32 [N]."""
    lengths: np.ndarray | None = None
    """Number of tokens of each text, int32 [N], at least 1; None for images."""

    def __len__(self) -> int:
        return len(self.labels)

    def arrays(self) -> tuple[np.ndarray | None, ...]:
        """Return values, labels and lengths."""
        return self.values, self.labels, self.lengths

    def rows(self, start: int, stop: int) -> Split:
        """Return the examples from `start` to before `stop`, as views of the same memory."""
        lengths = None if self.lengths is None else self.lengths[start:stop]
        return Split(self.values[start:stop], self.labels[start:stop], lengths)


@dataclass(frozen=True)
class Dataset:
    """A training and a test split with their name."""

    identity: str
    """Name in every record, such as "tfds:cifar10:3.0.2" or "synthetic:cifar10:1"."""
    synthetic: bool
    """True for generated data, which gets no verdict."""
    classes: int
    class_names: tuple[str, ...]
    train: Split
    """The official training split in a fixed order, so that its first n examples are a fair subset."""
    test: Split
    notice: str = ""
    """A line for the user; empty if there is none."""
    folder: Path | None = None
    """Folder of the arrays in the cache; None if they are not cached."""


def fair_order(contents: Iterable[bytes], labels: np.ndarray) -> np.ndarray:
    """Return a shuffled order that depends on the examples alone, not on how they were stored.

    Within a class the examples are sorted by a hash of their content. The classes are interleaved
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
