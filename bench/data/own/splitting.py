"""The division of examples that come without a test split."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np


def held_out(labels: np.ndarray, keys: Sequence[bytes], share: float, seed: int) -> np.ndarray:
    """Choose test examples, stratified by class, by a seeded hash of their content.

    A class of two or more has at least one example on each side. A single example is for training.

    Args:
        labels: int [N].
        keys: hashes of the content of the N examples.
        share: share of the test examples in each class, rounded.
        seed: another one chooses others.

    Returns:
        Truth values [N].
    """
    salt = seed.to_bytes(8, "little", signed=False)
    salted = [blake2b(key, digest_size=8, salt=salt).digest() for key in keys]
    ranks = np.frombuffer(b"".join(salted), dtype=">u8").astype(np.uint64)
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        if len(rows) < 2:
            continue
        count = min(max(round(share * len(rows)), 1), len(rows) - 1)
        chosen[rows[np.argsort(ranks[rows], kind="stable")][:count]] = True
    return chosen
