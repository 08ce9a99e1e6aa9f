"""Errors that the command line turns into one line and an exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from bench.core.exit_code import ExitCode


class BenchError(Exception):
    """A failure while running: exit code 1."""

    exit_code: ExitCode = ExitCode.FAILED
    _keras_call_info_injected = True
    """Keeps Keras from turning the message into a page of arguments, where a layer raises it."""


class UsageError(BenchError):
    """A mistake in a command, a plugin or its data: exit code 2."""

    exit_code = ExitCode.USAGE


MOST_NAMED, NEAR = 100, 8
"""Names that an error lists, and how many of the nearest ones where there are more."""


def unknown(kind: str, name: str, existing: Iterable[str]) -> UsageError:
    """Make the error for a name that does not exist, and suggest the nearest one.

    Example: ``unknown strategy 'mixpu'; did you mean 'mixup'? (known: cutmix, mixup)``.
    """
    names = sorted(existing)
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    if len(names) > MOST_NAMED:
        near = difflib.get_close_matches(name, names, n=NEAR, cutoff=0.0)
        names = [*near, f"and {len(names) - len(near)} more"]
    return UsageError(f"unknown {kind} {name!r}{hint} (known: {', '.join(names)})")
