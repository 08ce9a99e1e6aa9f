"""Decoded arrays on disk: written whole or not at all, checked on reading, shared by processes.

An entry is a folder of `.npy` files with a `manifest.json` that holds their checksums. It is built
in a temporary folder beside it, flushed to the disk, and renamed into place under a lock.
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

Facts = Mapping[str, Any]
Build = Callable[[Path], Facts]
"""Writes `NAME.npy` files into the folder it is given; returns what else is worth keeping."""

_MANIFEST = "manifest.json"
_LOCK_SECONDS = 1800.0


@dataclass(frozen=True)
class Entry:
    """What the cache gave back.

    arrays: by name, memory-mapped and read-only.
    facts: the JSON values that were stored with them.
    folder: where the entry lies; None if the cache could not be written and nothing was kept.
    notice: a line for the user, or "".
    """

    arrays: Mapping[str, np.ndarray]
    facts: Facts
    folder: Path | None
    notice: str = ""


def cache_root(cache_dir: Path | None) -> Path:
    """The cache folder: as given, or by the environment, or the user's usual place for caches."""
    if cache_dir is not None:
        return cache_dir
    if named := os.environ.get("REGULARIZATION_BENCH_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "regularization-bench"


def fetch(folder: Path, build: Build) -> Entry:
    """The entry at `folder`; built first if it is not there or damaged.

    Several processes may ask at once: one builds, the others wait and read.

    Raises:
        UsageError: the cache's folder cannot be made where it was asked for.
        BenchError: the disk is full, another process holds the entry's lock for half an hour, or
            the reading failed.
    """
    if (entry := read(folder)) is not None:
        return entry
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Writable or not? A mode says little (root, a read-only mount): trying says it.
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
    lock = FileLock(folder.with_name(folder.name + ".lock"), timeout=_LOCK_SECONDS)
    try:
        with lock:
            return read(folder) or _build(folder, build)
    except Timeout as error:
        raise BenchError(
            f"another process has held {lock.lock_file} for {_LOCK_SECONDS / 60:.0f} minutes; "
            "stop it and run again"
        ) from error


def read(folder: Path) -> Entry | None:
    """The entry at `folder` if it is whole: None if it is absent, incomplete or altered."""
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
    """Build the entry; the caller holds its lock, so whatever partial folder lies here is dead."""
    prefix = f"{folder.name}.partial-"
    try:
        for dead in folder.parent.glob(f"{prefix}*"):
            shutil.rmtree(dead)
        partial = folder.with_name(f"{prefix}{uuid4().hex}")
        partial.mkdir()  # not mkdtemp, which would shut out the others of a shared cache
        try:
            _fill(partial, build)
            if folder.exists():  # damaged; whoever has it mapped keeps the pages
                shutil.rmtree(folder)
            os.rename(partial, folder)
            _flush(folder.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise _not_written(folder, error) from error
    if (entry := read(folder)) is None:
        raise BenchError(f"{folder} was written and reads back damaged; check that disk")
    return entry


def _build_for_now(folder: Path, build: Build) -> Entry:
    """Build in a temporary folder and delete it again: mapped arrays outlive their names."""
    partial = Path(tempfile.mkdtemp(prefix="regularization-bench-"))
    try:
        _fill(partial, build)
        entry = read(partial)
    except OSError as error:
        raise _not_written(partial, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    if entry is None:
        raise BenchError(f"{partial} was written and reads back damaged; check that disk")
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
        _flush(path)
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    _flush(folder / _MANIFEST)
    _flush(folder)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_written(folder: Path, error: OSError) -> BenchError:
    reason = error.strerror or str(error)
    return BenchError(
        f"the decoded data cannot be written to {folder.parent} ({reason}); free some space (about "
        "200 MB) or name another folder with the environment variable REGULARIZATION_BENCH_CACHE"
    )
