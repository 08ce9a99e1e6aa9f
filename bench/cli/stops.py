"""A command that is stopped, by Ctrl-C or by SIGTERM, ends with one line.

SIGTERM comes from a cluster's scheduler, a container, `timeout` or `kill`, and SIGKILL follows it within
seconds. So it ends the running trials too, as the second Ctrl-C does.
"""

from __future__ import annotations

import signal
from types import FrameType

from bench.core.errors import BenchError
from bench.core.exit_code import ExitCode


class TerminatedError(KeyboardInterrupt):
    """SIGTERM. All that ends in order at Ctrl-C does so here too."""


def end_at_sigterm() -> None:
    """Raise `TerminatedError` in this process when it gets SIGTERM."""
    signal.signal(signal.SIGTERM, _terminate)


def stopped(stop: KeyboardInterrupt) -> BenchError:
    """Make the error of a command that was stopped; the notes say what is kept."""
    by_signal = isinstance(stop, TerminatedError)
    reason = "stopped by SIGTERM" if by_signal else "interrupted"
    error = BenchError("; ".join([reason, *getattr(stop, "__notes__", ())]))
    error.exit_code = ExitCode.TERMINATED if by_signal else ExitCode.INTERRUPTED
    return error


def _terminate(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # the ending of workers stays undisturbed
    raise TerminatedError
