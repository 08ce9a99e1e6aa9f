"""The time after which an executor starts nothing more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.running.executors.executor import Executor


def has_passed(deadline: float | None) -> bool:
    """Return true after a deadline, a reading of `time.monotonic`; None never passes."""
    return deadline is not None and time.monotonic() > deadline


@contextmanager
def stopped_at(deadline: float | None, executor: Executor) -> Iterator[None]:
    """Stop an executor at a deadline, if the block still runs.

    Its consumer cannot do that in time: a free worker takes the next assignment before the consumer sees
    the outcome of the last one.
    """
    if deadline is None:
        yield
        return
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), executor.stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
