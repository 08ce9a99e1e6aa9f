"""An archive of sealed lines in one small file, whose bytes depend on the lines alone."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from bench.storage.files import failed, write_atomic
from bench.storage.sealed_lines import LARGEST, BrokenError, Sealed

CUT = "truncated or altered"
"""Reason for an archive of which only the first lines can be read."""


def write_archive(path: Path, lines: Iterable[Sealed]) -> None:
    """Write the lines in the order of their names, compressed.

    Raises:
        BenchError: the file cannot be written; its earlier content is untouched.
    """
    buffer = BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as stream:
        for sealed in sorted(lines, key=lambda sealed: sealed.name):
            stream.write(sealed.line() + b"\n")
    write_atomic(path, buffer.getvalue())


def read_archive(path: Path) -> Iterator[bytes]:
    """Read every line that can be decompressed, in order.

    Raises:
        BrokenError: after the last readable line of a file that is truncated or altered.
        BenchError: the file cannot be read.
    """
    try:
        with gzip.open(path) as stream:
            while line := stream.readline(LARGEST):
                yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BrokenError(CUT) from error
    except OSError as error:
        raise failed("read", path, error) from error
