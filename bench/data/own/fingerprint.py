"""The hash of the content of files. It is remembered by their sizes and times of change."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path

from bench.core.errors import BenchError, UsageError
from bench.storage.files import write_atomic

_SETTLED_SECONDS = 2.0
"""Age of a change from which the time of a file tells it from a later change."""


def content_hash(files: Mapping[str, Path], cache: Path) -> str:
    """Hash the content of files and their names in the data: 64 hexadecimal digits.

    Where they lie does not count.

    Raises:
        UsageError: a file cannot be read.
    """
    try:
        state, newest = _state(files.values())
        remembered = cache / "fingerprints" / f"{state}.txt"
        if remembered.is_file():
            text = remembered.read_text(encoding="ascii", errors="replace").strip()
            if len(text) == 64:
                return text
        content = sha256()
        for name, path in files.items():
            with path.open("rb") as file:
                content.update(
                    f"{name}\0{file_digest(file, 'sha256').hexdigest()}\n".encode(
                        "utf-8", "surrogateescape"
                    )
                )
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read ({error.strerror})") from error
    digest = content.hexdigest()
    if time.time() - newest > _SETTLED_SECONDS:
        # The file only saves time: with a read-only or full cache the content is hashed again.
        with suppress(BenchError):
            write_atomic(remembered, f"{digest}\n".encode())
    return digest


def _state(files: Iterable[Path]) -> tuple[str, float]:
    """Hash paths, sizes and times of change; return it with the newest of the times."""
    state, newest = sha256(), 0.0
    for path in files:
        stat = path.stat()
        state.update(
            f"{path}\0{stat.st_size} {stat.st_mtime_ns} {stat.st_ino}\n".encode(
                "utf-8", "surrogateescape"
            )
        )
        newest = max(newest, stat.st_mtime)
    return state.hexdigest(), newest
