"""The exit codes of all commands; `docs/command-line.md` lists them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit code of a command."""

    FINE = 0
    FAILED = 1
    """Something failed while it ran."""
    USAGE = 2
    """A mistake in the command, a plugin or its data."""
    FOUND = 3
    """The finding that a check looks for: a regression, a difference."""
    NOTHING = 4
    """Nothing comparable."""
    INTERRUPTED = 130
    """Ctrl-C: 128 and the number of SIGINT, as shells have it."""
    TERMINATED = 143
    """SIGTERM: 128 and its number."""
