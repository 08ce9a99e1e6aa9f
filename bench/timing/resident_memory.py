"""Peak of the resident memory of this process, as the operating system counts it."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from bench.core.allocator import give_back_freed_memory

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
"""Command that resets the peak to the present value (proc(5))."""


def reset_peak_resident() -> None:
    """Reset the peak to the present value, on Linux; do nothing elsewhere.

    Memory that is free, and that the process keeps for its next allocation, does not count.
    """
    give_back_freed_memory()
    if _CLEAR.exists():
        _CLEAR.write_text(_RESET_PEAK, encoding="ascii")


def peak_resident_mb() -> float | None:
    """Return the peak since the reset (Linux) or the start, 10^6 bytes; None if not known."""
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        return None
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
