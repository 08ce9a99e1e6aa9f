"""Durations as people write and read them."""

from __future__ import annotations

import re

from bench.core.errors import UsageError

UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}


def duration(seconds: float) -> str:
    """Format seconds as `3 h 05 min`, `4 min` or `12 s`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def budget_seconds(text: str) -> float:
    """Read a budget such as `3h`, `1h30m`, `45m` or `5`, which is minutes.

    Raises:
        UsageError: it is no time, or none at all.
    """
    whole = text if text[-1:] in UNITS else f"{text}m"
    numbers = re.findall(r"(\d+(?:\.\d+)?)([hms])", whole)
    if not numbers or "".join(number + unit for number, unit in numbers) != whole:
        raise UsageError(f"--budget {text}: write a time such as 3h, 1h30m or 45m")
    seconds = sum(float(number) * UNITS[unit] for number, unit in numbers)
    if seconds <= 0:
        raise UsageError(f"--budget {text}: nothing can be trained in no time")
    return seconds
