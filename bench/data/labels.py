"""Labels as class numbers from 0, int32 [N]."""

from __future__ import annotations

import numpy as np

from bench.core.errors import UsageError


def class_numbers(labels: np.ndarray, classes: int, name: str) -> np.ndarray:
    """Turn labels into class numbers, if they are unambiguous.

    Whole numbers, a column of them, and one-hot rows are accepted.

    Args:
        labels: [N], [N, 1], or one-hot [N, classes].
        classes: number of classes.
        name: name of the labels in an error.

    Returns:
        int32 [N], 0 to classes - 1.

    Raises:
        UsageError: the labels are none of these.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iufb":
        raise UsageError(
            f"{name} are of type {labels.dtype}; give class numbers from 0, for example "
            "numpy.unique(labels, return_inverse=True)[1]"
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif labels.ndim == 2 and labels.shape[1] == classes:
        return _from_one_hot(labels, name)
    if labels.ndim != 1:
        raise UsageError(
            f"{name} have the shape {labels.shape}; give one class number for each example, or "
            f"one-hot rows of {classes}"
        )
    if labels.dtype.kind == "b" and classes != 2:
        raise UsageError(f"{name} are true and false, and there are {classes} classes")
    numbers = _whole(labels, name)
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < classes):
        first_class_is_1 = numbers.min() == 1 and numbers.max() == classes
        raise UsageError(
            f"{name} lie in {numbers.min()} to {numbers.max()}, and {classes} classes are numbered "
            f"0 to {classes - 1}{'; subtract 1' if first_class_is_1 else ''}"
        )
    return numbers.astype(np.int32, copy=False)


def _from_one_hot(rows: np.ndarray, name: str) -> np.ndarray:
    if not (np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all()):
        raise UsageError(
            f"{name} have {rows.shape[1]} columns and are not one-hot; give one class number for "
            "each example"
        )
    return rows.argmax(axis=1).astype(np.int32)


def _whole(labels: np.ndarray, name: str) -> np.ndarray:
    """Turn [N] numbers into whole ones without changing a value."""
    if labels.dtype.kind == "b":
        return labels.astype(np.int32)
    if labels.dtype.kind == "f":
        wrong = np.flatnonzero(~(np.isfinite(labels) & (labels == np.floor(labels))))
        if len(wrong):
            raise UsageError(
                f"{name} hold {labels[wrong[0]]} (example {wrong[0]}), which is no class number"
            )
    return labels
