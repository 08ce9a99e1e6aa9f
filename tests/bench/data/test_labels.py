"""Labels: unambiguous ones are accepted, all others give an error of one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.data.labels import class_numbers

NUMBERS = [0, 2, 1, 2, 0]


@pytest.mark.parametrize(
    "labels",
    [
        np.array(NUMBERS, np.int32),
        np.array(NUMBERS, np.int64),
        np.array(NUMBERS, np.uint8),
        np.array(NUMBERS, np.float32),
        np.array(NUMBERS)[:, None],
        np.array(NUMBERS, np.float64)[:, None],
        np.eye(3, dtype=np.float32)[NUMBERS],
        np.eye(3, dtype=np.int64)[NUMBERS],
        np.eye(3, dtype=bool)[NUMBERS],
        NUMBERS,
    ],
)
def test_labels_that_mean_one_thing_are_class_numbers(labels: Any) -> None:
    numbers = class_numbers(labels, 3, "the labels")
    assert numbers.tolist() == NUMBERS
    assert numbers.dtype == np.int32


def test_truth_values_are_two_classes() -> None:
    assert class_numbers(np.array([True, False]), 2, "the labels").tolist() == [1, 0]
    with pytest.raises(UsageError, match="are true and false, and there are 3 classes"):
        class_numbers(np.array([True, False]), 3, "the labels")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([1, 2, 3], r"lie in 1 to 3, and 3 classes are numbered 0 to 2; subtract 1"),
        ([-1, 0, 1], r"lie in -1 to 1, and 3 classes are numbered 0 to 2$"),
        ([0, 10, 20], r"lie in 0 to 20, and 3 classes are numbered 0 to 2$"),
        ([0, 1, 3], r"lie in 0 to 3"),
        ([0.0, 0.5, 1.0], r"hold 0.5 \(example 1\), which is no class number"),
        ([0.0, 1.0, float("nan")], r"hold nan \(example 2\)"),
        ([0.0, float("inf")], r"hold inf \(example 1\)"),
        (["a", "b"], r"are of type <U1; give class numbers from 0"),
        ([None, 1], r"are of type object"),
        ([[0, 1], [1, 0]], r"have the shape \(2, 2\); .* or one-hot rows of 3"),
        ([[0.2, 0.3, 0.5]], r"have 3 columns and are not one-hot"),
        ([[1, 1, 0]], r"have 3 columns and are not one-hot"),
        ([[0, 0, 0]], r"have 3 columns and are not one-hot"),
        ([[[0]]], r"have the shape"),
        (np.array([0, 2**40]), r"lie in 0 to 1099511627776"),
    ],
)
def test_other_labels_are_one_line(labels: Any, words: str) -> None:
    with pytest.raises(UsageError, match=f"^the labels {words}") as error:
        class_numbers(labels, 3, "the labels")
    assert "\n" not in str(error.value)
