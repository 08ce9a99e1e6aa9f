"""The result of one check."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from scipy import stats

Verdict = Literal["agrees", "differs", "does not apply"]

CHANCE = 1e-4
"""A statistical check finds a difference below this p-value: a false alarm in 10,000 checks."""


TRACEBACKS = ("in user code:", "Traceback (most recent call last)")
FRAMES = (
    "Exception encountered", "in user code:", "Traceback (", "File ", "Graph execution error",
    "Detected at node", "<stack traces unavailable>", "[[",
)  # fmt: skip
RAISED = re.compile(r"(?:\w+\.)*(\w*(?:Error|Exception)): ?(.*)")


class Finding(NamedTuple):
    """The result of one check of an implementation."""

    check: str
    expected: str
    found: str
    verdict: Verdict


def judged(check: str, expected: str, found: str, agrees: bool) -> Finding:
    """Make the finding of a check that applies."""
    return Finding(check, expected, found, "agrees" if agrees else "differs")


def skipped(check: str, reason: str) -> Finding:
    """Make the finding of a check that does not apply."""
    return Finding(check, "", reason, "does not apply")


def attempted(check: str, expected: str, measure: Callable[[], tuple[str, bool]]) -> Finding:
    """Run a measurement of a user's code; an exception of that code is a difference."""
    try:
        found, agrees = measure()
    except Exception as error:
        return judged(check, expected, f"fails: {one_line(error)}", False)
    return judged(check, expected, found, agrees)


def untouched(trains: bool, changes: Callable[[], tuple[str, bool]]) -> Finding:
    """Make the finding of evaluation, in which nothing changes.

    Args:
        trains: true if the implementation has an argument `training`.
        changes: tells what changes at training=False, and if nothing does.
    """
    check = "evaluation untouched"
    if not trains:
        return skipped(check, "it has no argument `training`: call it on training data only")
    return attempted(check, "no change at training=False", changes)


def one_line(error: BaseException) -> str:
    """Return the kind of an error and the line that says what failed, up to 160 characters.

    TensorFlow and Keras put a traceback into the message; then the error that it ends with is told.
    """
    text = re.sub(r"\x1b\[[0-9;]*m|\{\{.*?\}\}|\[Op:.*", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kind = type(error).__name__
    if any(line.startswith(TRACEBACKS) for line in lines):
        for number, line in reversed([*enumerate(lines)]):
            if raised := RAISED.match(line):
                kind, lines = raised[1], [raised[2], *lines[number + 1 :]]
                break
    telling = [line for line in lines if not line.startswith(FRAMES)]
    return f"{kind}: {(telling or lines or [''])[0]}"[:160]


def same_mean(first: Any, second: Any, least: float) -> bool:
    """Return true unless the means of two samples differ by more than `least` and chance (Welch)."""
    gap = abs(float(first.mean()) - float(second.mean()))
    if gap <= least:
        return True
    if first.std() == 0.0 and second.std() == 0.0:
        return False
    return bool(stats.ttest_ind(first, second, equal_var=False).pvalue >= CHANCE)
