"""Texts: padded on the right, with lengths, and an empty one is one unknown word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.data.tokens import texts

IDS = np.array([[5, 6, 7, 0], [8, 0, 0, 0], [9, 9, 9, 9]], np.int32)
LENGTHS = np.array([3, 1, 4], np.int32)


def test_whole_texts_stay_the_same_memory() -> None:
    read = texts(IDS, LENGTHS, "the")
    assert read.ids is IDS
    assert read.lengths is LENGTHS
    assert read.empty == 0


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32])
def test_whole_numbers_are_ids(kind: type) -> None:
    read = texts(IDS.astype(kind), LENGTHS.astype(kind), "the")
    assert np.array_equal(read.ids, IDS)
    assert read.ids.dtype == read.lengths.dtype == np.int32


def test_lengths_are_counted_up_to_the_padding() -> None:
    assert texts(IDS, None, "the").lengths.tolist() == LENGTHS.tolist()


def test_an_empty_text_is_one_unknown_word() -> None:
    ids, lengths = IDS.copy(), LENGTHS.copy()
    ids[1], lengths[1] = 0, 0
    for given in (lengths, None):
        read = texts(ids, given, "the")
        assert read.ids.tolist() == [[5, 6, 7, 0], [1, 0, 0, 0], [9, 9, 9, 9]]
        assert read.lengths.tolist() == [3, 1, 4]
        assert read.empty == 1
    assert ids[1].tolist() == [0, 0, 0, 0]
    assert lengths[1] == 0


@pytest.mark.parametrize(
    ("ids", "lengths", "words"),
    [
        ([[0, 0, 5, 6]], [4], r"text 0 has padding \(0\) before its end; pad on the right"),
        ([[5, 5], [0, 5]], None, r"text 1 has padding \(0\) before its end"),
        ([[5, 0, 0]], [2], r"text 0 has padding"),
        ([[5, -1]], [2], r"token ids go down to -1"),
        ([[5, 6]], [3], r"lengths lie in 3 to 3; a text has 0 to 2 tokens"),
        ([[5, 6]], [-1], r"lengths lie in -1 to -1"),
        ([[5, 6]], [1, 1], r"lengths have the shape \(2,\); give \(1,\)"),
        ([[0.5, 0.2]], None, r"token ids hold 0.5; .* \(an array of two axes is texts\)"),
        ([[5.0, float("nan")]], [2], r"token ids hold nan"),
        ([[5, 2**33]], [2], r"token ids hold 8589934592"),
        ([["a", "b"]], None, r"token ids are of type <U1"),
        ([5, 6], [1, 1], r"token ids have the shape \(2,\)"),
        (np.zeros((2, 0), np.int32), None, r"token ids have the shape \(2, 0\)"),
    ],
)
def test_other_arrays_are_one_line(ids: Any, lengths: Any, words: str) -> None:
    with pytest.raises(UsageError, match=f"^the {words}") as error:
        texts(np.array(ids), None if lengths is None else np.array(lengths), "the")
    assert "\n" not in str(error.value)
