"""What the suite raises; the command line turns each into one line and an exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BenchError(Exception):
    """A failure while running: exit code 1."""

    exit_code = 1


class UsageError(BenchError):
    """Something typed or pointed at wrongly, a broken plugin too: exit code 2."""

    exit_code = 2


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that does not exist, with the nearest existing one suggested.

    Example: ``unknown strategy 'mixpu'; did you mean 'mixup'? (known: cutmix, mixup)``.
    """
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return UsageError(f"unknown {kind} {name!r}{hint} (known: {', '.join(names)})")
