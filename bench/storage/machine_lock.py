"""Who may load this machine: many trainings at once, or one timing alone.

Locks of the operating system in a temporary folder, so nothing is left held by a process that died.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from bench.storage.files import failed

_POLL = 1.0
"""Seconds between two looks at who else is there."""


def default_folder() -> Path:
    return Path(tempfile.gettempdir()) / "regularization-bench-machine"


@contextmanager
def training(folder: Path | None = None) -> Iterator[None]:
    """Says that this process loads the machine; waits while somebody times on it."""
    folder = _made(folder)
    mine = folder / f"training-{uuid4().hex}.lock"
    presence = FileLock(mine)
    with _gate(folder):
        presence.acquire()
    try:
        yield
    finally:
        presence.release()
        mine.unlink(missing_ok=True)


@contextmanager
def timing(
    folder: Path | None = None,
    waiting: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Has the machine to itself, as far as this suite goes.

    Args:
        folder: of the locks; the machine's by default.
        waiting: told once what is waited for.
        sleep: waits for some seconds.
    """
    folder = _made(folder)
    gate = _gate(folder)
    told = False
    while True:
        try:
            gate.acquire(timeout=0)
        except Timeout:
            reason = "another timing on this machine"
        else:
            if not _anyone_trains(folder):
                break
            gate.release()
            reason = "a training on this machine"
        if not told:
            waiting(f"step times wait for {reason}")
            told = True
        sleep(_POLL)
    try:
        yield
    finally:
        gate.release()


def _made(folder: Path | None) -> Path:
    folder = folder or default_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failed("lock", folder, error) from error
    return folder


def _gate(folder: Path) -> FileLock:
    return FileLock(folder / "timing.lock")


def _anyone_trains(folder: Path) -> bool:
    """Whether a training lock is held; those of dead processes are removed."""
    for path in folder.glob("training-*.lock"):
        probe = FileLock(path)
        try:
            probe.acquire(timeout=0)
        except Timeout:
            return True
        probe.release()
        path.unlink(missing_ok=True)
    return False
