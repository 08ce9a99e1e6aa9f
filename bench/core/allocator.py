"""The memory allocator of a process."""

from __future__ import annotations

import ctypes
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Parameters of glibc's `mallopt` (malloc.h)."""
KEPT = 2**31 - 1
"""Bytes up to which freed memory stays with the process."""


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed for the next allocation; return true if it does.

    A training step allocates the same large arrays again and again. By default glibc gives freed ones
    back to the kernel, which clears every page before it hands it out once more: about a third of a
    step where the weights are large. Only the main arena of glibc can keep them, so the process has
    no other. Between two trainings `give_back_freed_memory` keeps it from growing. Another C library is
    left as it is.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt is None:
        return False
    settings = ((_M_ARENA_MAX, 1), (_M_TRIM_THRESHOLD, KEPT), (_M_MMAP_THRESHOLD, KEPT))
    taken = [mallopt(name, ctypes.c_int(value)) == 1 for name, value in settings]
    return all(taken)


def give_back_freed_memory() -> None:
    """Give all memory that is free back to the kernel, where the C library is glibc."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(ctypes.c_size_t(0))


def _of_glibc(name: str) -> Any:
    """Return a function of glibc; None where the C library has no such function."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
