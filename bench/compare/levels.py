"""The level that studies are compared with: the baseline, and accepted shifts from it.

Two small TOML files beside the history are made to be committed: `baseline.toml`, `accepted.toml`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from bench.compare.metrics import by_name
from bench.core.errors import UsageError
from bench.storage.files import failed, write_atomic
from bench.storage.history import HISTORY, Line, append

BASELINE, ACCEPTED = "baseline.toml", "accepted.toml"


class Baseline(NamedTuple):
    """The study that `baseline` stands for; its lines are in the history."""

    study: str
    set_at: str
    """UTC, ISO 8601."""


class Acceptance(NamedTuple):
    """Shifts from a baseline that a person found right, in one study."""

    baseline: str
    study: str
    reason: str
    accepted_at: str
    changes: dict[tuple[str, str, str], float]
    """(task, arm, metric) -> percent of the base, or points of accuracy."""


def baseline(results: Path) -> Baseline:
    """Read the baseline.

    Raises:
        UsageError: none was set, or its file is damaged.
    """
    path = results / BASELINE
    if not path.exists():
        raise UsageError(f"no baseline under {results}; `bench baseline set STUDY` sets one")
    value = _read(path)
    try:
        return Baseline(str(value["study"]), str(value["set_at"]))
    except KeyError as error:
        raise _damaged(path, f"{error} is missing") from error


def set_baseline(results: Path, lines: Sequence[Line], now: str) -> None:
    """Make a study (its lines) the baseline, and add it to the history.

    Raises:
        BenchError: a file cannot be written.
    """
    append(results / HISTORY, lines)
    text = f"study = {_text(lines[0].study)}\nset_at = {_text(now)}\n"
    write_atomic(results / BASELINE, text.encode())


def acceptances(results: Path) -> list[Acceptance]:
    """Read all acceptances, in order.

    Raises:
        UsageError: the file is damaged.
    """
    path = results / ACCEPTED
    if not path.exists():
        return []
    try:
        return [_acceptance(entry) for entry in _read(path).get("accepted", [])]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _acceptance(entry: Mapping[str, Any]) -> Acceptance:
    changes = {}
    for shift in entry["shift"]:
        if shift["metric"] not in by_name():
            raise ValueError(f"unknown metric {shift['metric']!r}")
        changes[shift["task"], shift["arm"], shift["metric"]] = float(shift["change"])
    return Acceptance(
        baseline=str(entry["baseline"]),
        study=str(entry["study"]),
        reason=str(entry["reason"]),
        accepted_at=str(entry["accepted_at"]),
        changes=changes,
    )


def accepted_harm(results: Path, base: str) -> dict[tuple[str, str, str], float]:
    """Return the shift from `base` that was accepted last, as harm, by (task, arm, metric)."""
    metrics = by_name()
    return {
        key: metrics[key[2]].harm_of(change)
        for entry in acceptances(results)
        if entry.baseline == base
        for key, change in entry.changes.items()
    }


def accept(
    results: Path, base: str, study: str, reason: str, regressions: pd.DataFrame, now: str
) -> None:
    """Add regressions (rows of `bench.compare.regressions.FINDINGS`) to the accepted shifts.

    Raises:
        UsageError: the file is damaged.
        BenchError: it cannot be written.
    """
    acceptances(results)  # raises where the file is damaged
    path = results / ACCEPTED
    before = path.read_bytes() if path.exists() else b""
    head = {"baseline": base, "study": study, "reason": reason, "accepted_at": now}
    lines = ["[[accepted]]", *(f"{key} = {_text(value)}" for key, value in head.items())]
    for row in regressions.to_dict("records"):
        lines += ["", "[[accepted.shift]]"]
        lines += [f"{key} = {_text(row[key])}" for key in ("task", "arm", "metric")]
        lines.append(f"change = {row['change']:.4f}")
    text = "\n".join(lines).encode() + b"\n"
    write_atomic(path, before + (b"\n" if before else b"") + text)


def _text(value: str) -> str:
    """Write a TOML basic string: JSON's, with the one control character that JSON leaves bare."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise failed("read", path, error) from error


def _damaged(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is damaged: {why}; correct it, or restore it from git")
