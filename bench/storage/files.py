"""Atomic writes of files, and one-line errors for disks that fail."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from bench.core.errors import BenchError, UsageError
from bench.storage.sealed_lines import LARGEST, BrokenError

TEMPORARY = ".tmp"
_WRONG_PLACE = {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


def read_bytes(path: Path) -> bytes:
    """Read all of a plain file.

    Raises:
        BrokenError: it is no plain file (a link, a pipe, a folder), or too large for a record.
        BenchError: it cannot be read.
    """
    try:
        if path.is_symlink() or not path.is_file():
            raise BrokenError("not a plain file")
        if path.stat().st_size > LARGEST:
            raise BrokenError("too large")
        return path.read_bytes()
    except OSError as error:
        raise failed("read", path, error) from error


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; it is on the disk when this returns.

    Raises:
        UsageError: the folder cannot be written to.
        BenchError: the disk is full or fails; the file's earlier content is untouched.
    """
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}{TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):  # The first error is the one to report.
                temporary.unlink(missing_ok=True)
            raise
        flush(path.parent)
    except OSError as error:
        raise failed("write", path, error) from error


def remove(path: Path) -> None:
    """Remove a file if it is there.

    Raises:
        BenchError: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise failed("remove", path, error) from error


def flush(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def failed(verb: str, path: Path, error: OSError) -> BenchError:
    """Make the one-line error for a file operation that failed."""
    what = f"cannot {verb} {path}: {error.strerror or error}"
    if error.errno in _WRONG_PLACE:
        return UsageError(f"{what}; check its permissions or choose another --results folder")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return BenchError(f"{what}; free some space and run the same command again")
    return BenchError(f"{what}; run the same command again when the disk answers")
