"""The level that studies are compared with: the baseline, and accepted shifts from it.

Two small TOML files stand beside the history, to be committed: `baseline.toml`, `accepted.toml`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from bench.compare.metrics import by_name
from bench.core.errors import UsageError
from bench.storage.files import failed, write_atomic
from bench.storage.history import HISTORY, Line, append

BASELINE, ACCEPTED = "baseline.toml", "accepted.toml"
Model = TypeVar("Model", bound=BaseModel)


class Baseline(BaseModel):
    """The study named `baseline` on the command line; its lines are in the history."""

    study: str
    set_at: str
    """UTC, ISO 8601."""


class AcceptedShift(BaseModel):
    """One shift from a baseline."""

    task: str
    arm: str
    metric: str
    change: float
    """Percent of the base, or points of accuracy."""


class Acceptance(BaseModel):
    """Shifts from a baseline that a person accepted, in one study."""

    baseline: str
    study: str
    reason: str
    accepted_at: str
    shift: tuple[AcceptedShift, ...]


class _Acceptances(BaseModel):
    accepted: tuple[Acceptance, ...] = ()


def baseline(results: Path) -> Baseline:
    """Read the baseline.

    Raises:
        UsageError: none was set, or its file is damaged.
    """
    path = results / BASELINE
    if not path.exists():
        raise UsageError(f"no baseline under {results}; `bench baseline set STUDY` sets one")
    return _read(path, Baseline)


def set_baseline(results: Path, lines: Sequence[Line], now: str) -> None:
    """Make a study (its lines) the baseline, and add it to the history.

    Raises:
        BenchError: a file cannot be written.
    """
    append(results / HISTORY, lines)
    text = f"study = {_text(lines[0].study)}\nset_at = {_text(now)}\n"
    write_atomic(results / BASELINE, text.encode())


def acceptances(results: Path) -> tuple[Acceptance, ...]:
    """Read all acceptances, in order.

    Raises:
        UsageError: the file is damaged.
    """
    path = results / ACCEPTED
    if not path.exists():
        return ()
    entries = _read(path, _Acceptances).accepted
    unknown = {shift.metric for entry in entries for shift in entry.shift} - by_name().keys()
    if unknown:
        raise _damaged(path, f"unknown metric {unknown.pop()!r}")
    return entries


def accepted_harm(results: Path, base: str) -> dict[tuple[str, str, str], float]:
    """Return the shift from `base` that was accepted last, as harm, by (task, arm, metric)."""
    metrics = by_name()
    return {
        (shift.task, shift.arm, shift.metric): metrics[shift.metric].harm_of(shift.change)
        for entry in acceptances(results)
        if entry.baseline == base
        for shift in entry.shift
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


def _read(path: Path, model: type[Model]) -> Model:
    try:
        content: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _damaged(path, f"{where}: {first['msg']}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise failed("read", path, error) from error


def _damaged(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is damaged: {why}; correct it, or restore it from git")
