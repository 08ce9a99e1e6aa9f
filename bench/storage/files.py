"""Files that are whole or not there, and one-line errors where a disk does not do as asked."""

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
    """All of a plain file.

    Raises:
        BrokenError: no plain file (a link, a pipe, a folder), or too large for a record.
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
    """Writes a file whole or not at all, and on the disk when this returns.

    Raises:
        UsageError: the folder is not one that can be written to.
        BenchError: the disk is full or fails; what was there before is untouched.
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
            with suppress(OSError):  # the error that counts is the one being raised
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise failed("write", path, error) from error


def sync_folder(folder: Path) -> None:
    """Makes renames and removals in `folder` last through a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def failed(verb: str, path: Path, error: OSError) -> BenchError:
    """The one-line error for a file operation that failed."""
    what = f"cannot {verb} {path}: {error.strerror or error}"
    if error.errno in _WRONG_PLACE:
        return UsageError(f"{what}; check its permissions or choose another --results folder")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return BenchError(f"{what}; free some space and run the same command again")
    return BenchError(f"{what}; run the same command again when the disk answers")
