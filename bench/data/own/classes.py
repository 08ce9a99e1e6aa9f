"""The labels of a user's data as class numbers, with the names of the classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.core.errors import UsageError

MOST_CLASSES = 1_000
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_REAL = re.compile(r"[+-]?((\d+\.\d*|\.\d+|\d+)(e[+-]?\d+)?|inf|infinity|nan)", re.IGNORECASE)
_ITEM = r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[-+.\de]+|true|false)"""
_LIST = re.compile(rf"\[\s*(?:{_ITEM}(?:[,\s]+{_ITEM})+)?\s*\]", re.IGNORECASE | re.DOTALL)
"""Text of a list of none or several, as a table holds it: `['a', 'b']`, `[1, 0]`, `[]`."""


def label_of(value: Any, name: str) -> str | int | float | None:
    """Return a label as it was stored: text, a whole or a real number; None if there is none.

    Bytes and surrogates that are no UTF-8 are written as escapes, so that two labels stay two.

    Args:
        value: the stored label.
        name: of the example or of the labels, in an error.

    Raises:
        UsageError: it is a list or the like.
    """
    if isinstance(value, str):
        value = value.encode("utf-8", "backslashreplace")
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace").strip()
        if _LIST.fullmatch(text):
            raise _several(text, "list", name)
        return text or None
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
    kind = type(value).__name__
    if isinstance(value, list | tuple | set | dict | np.ndarray):
        raise _several(value, kind, name)
    raise UsageError(
        f"{name}: the label is a {kind} ({str(value)[:40]}); store it as a text or a whole number"
    )


def _several(value: Any, kind: str, name: str) -> UsageError:
    return UsageError(
        f"{name}: the label is a {kind} ({str(value)[:40]!r}): one class for each example is "
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
