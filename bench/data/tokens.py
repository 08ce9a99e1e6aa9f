"""Texts as token ids, int32 [N, T], padded on the right, with their lengths, int32 [N]."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.core.errors import UsageError
from bench.data.dataset import PADDING, UNKNOWN


class Texts(NamedTuple):
    """The texts of a split."""

    ids: np.ndarray
    lengths: np.ndarray
    empty: int
    """Number of texts that had no token and have one unknown word now."""


def texts(ids: np.ndarray, lengths: np.ndarray | None, name: str) -> Texts:
    """Check texts. A text without a token becomes one unknown word.

    No network can then divide by the length of nothing, a user's Keras model included.

    Args:
        ids: whole numbers [N, T], 0 for padding on the right.
        lengths: number of tokens of each text, [N]; None counts them up to the padding.
        name: name of the texts in an error.

    Raises:
        UsageError: ids or lengths are of another kind, or there is padding before the end of a text.
    """
    ids = _whole(np.asarray(ids), f"{name} token ids")
    if ids.ndim != 2 or not ids.shape[1]:
        raise UsageError(f"{name} token ids have the shape {ids.shape}; give [N, T]")
    if ids.size and ids.min() < 0:
        raise UsageError(f"{name} token ids go down to {ids.min()}; padding is 0, words are above")
    if lengths is None:
        lengths = _lengths(ids)
    lengths = _whole(np.asarray(lengths), f"{name} lengths")
    if lengths.shape != ids.shape[:1]:
        raise UsageError(f"{name} lengths have the shape {lengths.shape}; give {ids.shape[:1]}")
    if lengths.size and not (lengths.min() >= 0 and lengths.max() <= ids.shape[1]):
        raise UsageError(
            f"{name} lengths lie in {lengths.min()} to {lengths.max()}; a text has 0 to "
            f"{ids.shape[1]} tokens"
        )
    inside = np.arange(ids.shape[1]) < lengths[:, None]
    early = ((ids == PADDING) & inside).any(axis=1)
    if early.any():
        raise UsageError(
            f"{name} text {early.argmax()} has padding (0) before its end; pad on the right"
        )
    empty = lengths == 0
    if empty.any():
        ids, lengths = ids.copy(), lengths.copy()
        ids[empty, 0], lengths[empty] = UNKNOWN, 1
    return Texts(ids, lengths, int(empty.sum()))


def _lengths(ids: np.ndarray) -> np.ndarray:
    """Count the tokens of each text up to the padding on the right."""
    is_token = ids != PADDING
    return np.where(is_token.any(axis=1), ids.shape[1] - is_token[:, ::-1].argmax(axis=1), 0)


def _whole(numbers: np.ndarray, name: str) -> np.ndarray:
    """Turn whole numbers into int32 without changing a value."""
    if numbers.dtype.kind not in "iuf":
        raise UsageError(f"{name} are of type {numbers.dtype}; give whole numbers")
    with np.errstate(invalid="ignore"):
        whole = numbers.astype(np.int32, copy=False)
    if whole is not numbers and (whole != numbers).any():
        wrong = numbers[whole != numbers][0]
        raise UsageError(
            f"{name} hold {wrong}; give whole numbers below 2**31 (an array of two axes is texts)"
        )
    return whole
