"""Numbers for readers: a true minus sign, no negative zero, nothing for a missing one."""

from __future__ import annotations

import math

TIMES = "\N{MULTIPLICATION SIGN}"


def number(value: object) -> float:
    """Return a float; NaN for everything that is no number."""
    return float(value) if isinstance(value, int | float) else math.nan


def shown(value: object, form: str) -> str:
    """Format a number (`+z.1f`); empty where it is missing."""
    amount = number(value)
    return format(amount, form).replace("-", "\N{MINUS SIGN}") if math.isfinite(amount) else ""


def signed(value: object, digits: int) -> str:
    """Write a change: `+4.2`."""
    return shown(value, f"+z.{digits}f")


def interval(low: object, high: object, digits: int = 1) -> str:
    """Write `[3.5, 4.8]`; empty unless both ends are known."""
    ends = [shown(end, f"z.{digits}f") for end in (low, high)]
    return f"[{', '.join(ends)}]" if all(ends) else ""


def joined(*parts: str) -> str:
    """Join the parts that are not empty by spaces."""
    return " ".join(part for part in parts if part)


def ratio(value: object) -> str:
    """Write `1.19×`."""
    text = shown(value, ".2f")
    return text and text + TIMES


def seeds_text(seeds: int) -> str:
    """Write `1 seed` or `5 seeds`."""
    return f"{seeds} seed{'' if seeds == 1 else 's'}"
