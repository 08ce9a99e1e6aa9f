"""The labels of a user's data as class numbers, with the names of the classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.core.errors import UsageError

MOST_CLASSES = 1_000
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_REAL = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")


def label_of(value: Any) -> str | int | float | None:
    """Return a label as it was stored: text, a whole or a real number; None if there is none.

    Raises:
        UsageError: it is a list or the like.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return None
        return int(value) if float(value).is_integer() else float(value)
    raise UsageError(
        f"a label is a {type(value).__name__} ({str(value)[:40]}): one class for each example is "
        "supported, several labels are not"
    )


def numbered(labels: Sequence[str | int | float], data: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Number the classes from 0: whole numbers by their value, texts by the alphabet.

    Args:
        labels: one for each example, as `label_of` returns them.
        data: name of the data in an error.

    Returns:
        int32 [N], and the name of each class.

    Raises:
        UsageError: real numbers (regression), fewer than two classes, or more than 1,000.
    """
    texts = {label: str(label) for label in set(labels)}
    names = sorted(set(texts.values()))
    real = next((name for name in names if not _WHOLE.fullmatch(name)), None)
    if real is None:
        names.sort(key=lambda name: int(name.partition(".")[0]))
    elif all(_REAL.fullmatch(name) for name in names):
        raise UsageError(
            f"{data}: the labels are real numbers ({real}): classes are supported, regression is not"
        )
    check_number(names, data)
    number = {name: index for index, name in enumerate(names)}
    numbers = np.fromiter((number[texts[label]] for label in labels), np.int32, len(labels))
    return numbers, tuple(names)


def check_number(names: Sequence[str], data: str) -> None:
    """Refuse fewer than two classes, or more than 1,000.

    Raises:
        UsageError: with their number.
    """
    if len(names) < 2:
        only = f"one class ({names[0]})" if names else "no class"
        raise UsageError(f"{data} has {only}; two or more are needed")
    if len(names) > MOST_CLASSES:
        raise UsageError(
            f"{data}: the labels have {len(names):,} different values; at most {MOST_CLASSES:,} "
            "classes are supported"
        )
