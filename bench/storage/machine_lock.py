"""A lock on the machine: trainings share it, a timing holds it alone.

The lock is the operating system's (`flock`) on one file in the temporary folder. Every user of the
machine may open that file, and a dead process holds nothing.
"""

from __future__ import annotations

import fcntl
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bench.core.errors import UsageError

FILE = "regularization-bench-machine.lock"
_POLL = 1.0
"""Seconds between two attempts to hold the machine alone."""
_ATTEMPTS = 5
"""Attempts to open the file, which another user may be making readable at this moment."""


@contextmanager
def training(folder: Path | None = None) -> Iterator[None]:
    """Hold the machine for training; wait while another process times steps on it.

    Args:
        folder: folder of the lock; by default the system's temporary folder.

    Raises:
        UsageError: the lock cannot be made.
    """
    lock = _take(folder, fcntl.LOCK_SH)
    assert lock is not None  # It was waited for.
    try:
        yield
    finally:
        _release(lock)


@contextmanager
def timing(
    folder: Path | None = None,
    waiting: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the machine alone; wait while another process of the suite trains or times.

    Args:
        folder: folder of the lock; by default the system's temporary folder.
        waiting: function that is called with the reason, once, if there is a wait.
        sleep: function that waits for some seconds.

    Raises:
        UsageError: the lock cannot be made.
    """
    announced = False
    while (lock := _take(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)) is None:
        if not announced:
            waiting(f"step times wait for {_holder(folder)} on this machine")
            announced = True
        sleep(_POLL)
    try:
        yield
    finally:
        _release(lock)


def _holder(folder: Path | None) -> str:
    """Name the work that holds the machine: training, if the lock can be shared, else a timing."""
    lock = _take(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    if lock is None:
        return "another timing"
    _release(lock)
    return "a training"


def _take(folder: Path | None, operation: int) -> int | None:
    """Open the file and lock it; None if it is held and `operation` does not wait."""
    while True:
        path, descriptor = _open(folder or Path(tempfile.gettempdir()))
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def _release(descriptor: int) -> None:
    # Closing alone would not do: a forked worker has a copy of the descriptor.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Return false if a clean-up of the temporary folder removed the file meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _open(folder: Path) -> tuple[Path, int]:
    """Open the file of all users, or else this user's own file, with a warning."""
    path = folder / FILE
    try:
        return path, _open_file(path)
    except OSError as error:
        _say(
            f"the lock of this machine cannot be used ({path}: {error.strerror}); this user has one "
            "alone, so step times do not wait for the trainings of other users"
        )
    path = folder / f"{os.getuid()}-{FILE}"
    try:
        return path, _open_file(path)
    except OSError as error:
        raise UsageError(
            f"cannot make the lock {path}: {error.strerror}; set TMPDIR to a folder that can be "
            "written to"
        ) from error


def _open_file(path: Path) -> int:
    """Open a file for locking, which needs no right to write; make it if there is none.

    A link is not followed, and a pipe is not waited for.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    for attempt in range(_ATTEMPTS):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
            os.fchmod(descriptor, 0o644)  # whatever this user's umask
        except FileExistsError:
            try:
                descriptor = os.open(path, flags)
            except (FileNotFoundError, PermissionError):
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(0.05)
                continue
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(0, "it is not a plain file")
        return descriptor
    raise AssertionError  # pragma: no cover


@cache
def _say(line: str) -> None:
    """Print a line to the error stream, once in a process."""
    print(line, file=sys.stderr)
