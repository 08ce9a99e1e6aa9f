"""Paths that a user types."""

from __future__ import annotations

from pathlib import Path

from bench.core.errors import UsageError


def absolute(path: str | Path) -> Path:
    """Return the path as it is valid in every working directory; `~` is a home folder.

    Raises:
        UsageError: there is no such home folder, links form a loop, or the name is no UTF-8.
    """
    try:
        full = Path(path).expanduser().resolve()
        str(full).encode()
    except RuntimeError as error:
        raise UsageError(f"{path}: {str(error).rstrip('.')}") from error
    except UnicodeEncodeError as error:
        raise UsageError(f"{path}: the name is no UTF-8 and cannot be stored; rename it") from error
    return full
