"""The lines that two studies share, and reasons why some cannot be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.storage.history import Line


def different(base: Line, new: Line) -> str:
    """Return the reason why two lines of an arm cannot be compared at all; empty if they can."""
    reasons = []
    if base.data != new.data:
        reasons.append(f"data: {base.data} and {new.data}")
    elif base.data_hash and new.data_hash and base.data_hash != new.data_hash:
        reasons.append("other data under the same name (hashes of the arrays differ)")
    if base.strategies != new.strategies:
        reasons.append(f"strategies: {base.strategies or 'none'} and {new.strategies or 'none'}")
    reasons += _entries("recipe", base.recipe, new.recipe)
    reasons += _entries("settings", base.settings, new.settings)
    return "; ".join(reasons)


def different_hardware(base: Line, new: Line) -> str:
    """Return the reason why speed and memory of two lines cannot be compared; empty if they can."""
    if base.device != new.device:
        return f"hardware: {base.device} and {new.device}"
    if base.machine != new.machine:
        return f"hardware: machine {base.machine} and {new.machine}"
    return ""


def _entries(part: str, base: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        f"{part}.{key}: {base.get(key, 'absent')} and {new.get(key, 'absent')}"
        for key in sorted(base.keys() | new.keys())
        if base.get(key) != new.get(key)
    ]


def software_changes(base: Iterable[Line], new: Iterable[Line]) -> list[str]:
    """Write `tensorflow 2.20.0 -> 2.21.0` for every package whose version differs."""
    before, after = _versions(base), _versions(new)
    return [
        f"{package} {before.get(package, 'not recorded')} -> {after.get(package, 'not recorded')}"
        for package in sorted(before.keys() | after.keys())
        if before.get(package) != after.get(package)
    ]


def _versions(lines: Iterable[Line]) -> dict[str, str]:
    versions: dict[str, set[str]] = {}
    for line in lines:
        for package, listed in line.software.items():
            versions.setdefault(package, set()).update(listed.split("/"))
    return {package: "/".join(sorted(listed)) for package, listed in versions.items()}


def by_task(lines: Sequence[Line]) -> dict[str, dict[str, Line]]:
    """Group lines: task -> arm -> line; arms without a reference come first."""
    grouped: dict[str, dict[str, Line]] = {}
    for line in sorted(lines, key=lambda line: line.reference is not None):
        grouped.setdefault(line.task, {})[line.arm] = line
    return grouped
