"""Decoded arrays on disk, shared by processes.

An entry is a folder of `.npy` files with a `manifest.json` that holds their checksums. It is built
in a temporary folder, flushed to the disk, and renamed into place under a lock. Every reading
checks the checksums.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from filelock import FileLock, Timeout

from bench.core.errors import BenchError, UsageError
from bench.storage.files import flush

Facts = Mapping[str, Any]
Build = Callable[[Path], Facts]
"""Function that writes `NAME.npy` files into a folder and returns JSON values to keep with them."""

_MANIFEST = "manifest.json"
_LOCK_SECONDS = 1800.0


@dataclass(frozen=True)
class Entry:
    """The arrays of one entry."""

    arrays: Mapping[str, np.ndarray]
    """Arrays by name, memory-mapped and read-only."""
    facts: Facts
    """JSON values that were stored with the arrays."""
    folder: Path | None
    """Folder of the entry; None if the cache is read-only and nothing was stored."""
    notice: str = ""
    """A line for the user; empty if there is none."""


def cache_root(cache_dir: Path | None) -> Path:
    """Return the cache folder: the given one, else that of the environment, else the user's default."""
    if cache_dir is not None:
        return cache_dir
    if named := os.environ.get("REGULARIZATION_BENCH_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "regularization-bench"


def fetch(folder: Path, build: Build) -> Entry:
    """Read the entry at `folder`; build it first if it is missing or damaged.

    If several processes ask at once, one builds and the others wait.

    Raises:
        UsageError: the folder of the cache cannot be made.
        BenchError: the disk is full, another process holds the entry's lock for half an hour, or
            reading failed.
    """
    if (entry := read(folder)) is not None:
        return entry
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Only an attempt shows if the folder is writable: modes say little (root, a read-only mount).
        tempfile.TemporaryFile(dir=folder.parent).close()
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return _build_for_now(folder, build)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _not_written(folder, error) from error
        raise UsageError(
            f"the cache folder {folder.parent} cannot be made ({error.strerror}); name another "
            "with the environment variable REGULARIZATION_BENCH_CACHE"
        ) from error
    # The mode lets the other users of a shared cache take the lock.
    lock = FileLock(folder.with_name(folder.name + ".lock"), timeout=_LOCK_SECONDS, mode=0o666)
    try:
        with lock:
            return read(folder) or _build(folder, build)
    except PermissionError:  # another user's lock, which does not let this user in
        return _build_for_now(folder, build)
    except Timeout as error:
        raise BenchError(
            f"another process has held {lock.lock_file} for {_LOCK_SECONDS / 60:.0f} minutes; "
            "stop it and run again"
        ) from error


def read(folder: Path) -> Entry | None:
    """Read the entry at `folder`; None if it is missing, incomplete or altered."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        arrays = {}
        for name, checksum in manifest["checksums"].items():
            path = folder / f"{name}.npy"
            if _checksum(path) != checksum:
                return None
            arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False)
        return Entry(arrays, manifest["facts"], folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _build(folder: Path, build: Build) -> Entry:
    """Build the entry. The caller holds its lock, so every partial folder here is abandoned."""
    prefix = f"{folder.name}.partial-"
    try:
        for abandoned in folder.parent.glob(f"{prefix}*"):
            shutil.rmtree(abandoned)
        partial = folder.with_name(f"{prefix}{uuid4().hex}")
        partial.mkdir()  # mkdtemp would shut out the other users of a shared cache
        try:
            _fill(partial, build)
            if folder.exists():  # It is damaged. A process that has it mapped keeps the pages.
                shutil.rmtree(folder)
            os.rename(partial, folder)
            flush(folder.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise _not_written(folder, error) from error
    if (entry := read(folder)) is None:
        raise BenchError(f"{folder} was written and reads back damaged; check that disk")
    return entry


def _build_for_now(folder: Path, build: Build) -> Entry:
    """Build in a temporary folder and delete it: mapped arrays outlive their names."""
    try:
        # A clean-up that fails costs disk space, not the data.
        with tempfile.TemporaryDirectory(
            "-regularization-bench", ignore_cleanup_errors=True
        ) as name:
            _fill(Path(name), build)
            entry = read(Path(name))
    except OSError as error:
        raise _not_written(folder, error) from error
    if entry is None:
        raise BenchError(f"{name} was written and reads back damaged; check that disk")
    notice = (
        f"the cache folder {folder.parent} is read-only: the data was decoded for this process "
        "alone; name a writable one with the environment variable REGULARIZATION_BENCH_CACHE"
    )
    return Entry(entry.arrays, entry.facts, None, notice)


def _fill(folder: Path, build: Build) -> None:
    facts = build(folder)
    paths = sorted(folder.glob("*.npy"))
    manifest = {
        "facts": dict(facts),
        "checksums": {path.stem: _checksum(path) for path in paths},
    }
    for path in paths:
        flush(path)
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    flush(folder / _MANIFEST)
    flush(folder)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _not_written(folder: Path, error: OSError) -> BenchError:
    reason = error.strerror or str(error)
    return BenchError(
        f"the decoded data cannot be written to {folder.parent} ({reason}); free some space (about "
        "200 MB) or name another folder with the environment variable REGULARIZATION_BENCH_CACHE"
    )
