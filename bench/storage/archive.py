"""Many sealed lines in one small file, whose bytes depend on the lines alone."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from bench.storage.files import failed, write_atomic
from bench.storage.sealed_lines import LARGEST, BrokenError, Sealed


def write_compact(path: Path, entries: Iterable[Sealed]) -> None:
    """Writes the entries by name, one sealed line each, compressed.

    Raises:
        BenchError: it cannot be written; what was there before is untouched.
    """
    buffer = BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as stream:
        for entry in sorted(entries, key=lambda entry: entry.name):
            stream.write(entry.line() + b"\n")
    write_atomic(path, buffer.getvalue())


def read_lines(path: Path) -> Iterator[bytes]:
    """Every line that can be decompressed, in order.

    Raises:
        BrokenError: after the last of them, where the file is truncated or altered.
        BenchError: it cannot be read.
    """
    try:
        with gzip.open(path) as stream:
            while line := stream.readline(LARGEST):
                yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BrokenError("truncated or altered") from error
    except OSError as error:
        raise failed("read", path, error) from error
