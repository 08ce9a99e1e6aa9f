"""The history: what each study measured, a line a study and arm, appended and never rewritten.

A line holds what later comparisons need (per seed and per process), so that it can be committed
where raw trials are too large. Each line is sealed with a checksum (`bench.storage.sealed_lines`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from bench.core.record import Count, Finite, Fraction, Name, Schema
from bench.storage.files import failed
from bench.storage.migrations import parsed
from bench.storage.sealed_lines import BrokenError, Sealed, canonical, unseal

KIND = "history"
HISTORY = "history.jsonl"


class SeedResult(Schema):
    """What one trial came to."""

    seed: Count
    accuracy: Fraction
    """Of the test split; chance where training diverged."""
    area: Finite | None
    """Under the validation curve (`bench.analysis.convergence.area`); a fraction."""
    start: str
    """Hash of initial weights and batch order: equal ones make a pair."""


class ProcessResult(Schema):
    """What one fresh process measured."""

    process: Count
    ratio: Finite
    """Step time over that of the task's baseline."""
    ms: Finite
    """Milliseconds a step."""
    memory_mb: Finite | None = None
    matrix_rate: Finite | None = None
    """Operations a second that a large matrix product reached."""


class Line(Schema):
    """An arm of a study."""

    schema_version: Literal[1] = 1
    study: Name
    created: str
    """UTC, ISO 8601, of the study."""
    task: Name
    arm: Name
    reference: Name | None
    strategies: str
    data: Name
    data_hash: str
    """Of the arrays; empty where nothing was trained."""
    synthetic: bool
    recipe: dict[str, Any]
    settings: dict[str, Any]
    device: str = ""
    machine: str = ""
    """Fingerprint of what timed the steps; empty where nothing did."""
    software: dict[str, str] = {}
    """Versions by package, `2.20.0/2.21.0` where trials ran under several."""
    seeds: tuple[SeedResult, ...] = ()
    processes: tuple[ProcessResult, ...] = ()
    failed: Count = 0
    """Seeds that ended without a record."""


class BrokenLine(NamedTuple):
    """A line that is not read."""

    number: int
    reason: str


class History(NamedTuple):
    """What a file holds, in its order."""

    lines: list[Line]
    broken: list[BrokenLine]


def read(path: Path) -> History:
    """All whole lines and the numbers of the others; nothing where there is no file.

    Raises:
        BenchError: the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return History([], [])
    except OSError as error:
        raise failed("read", path, error) from error
    lines, broken = [], []
    for number, text in enumerate(raw.splitlines(), 1):
        try:
            lines.append(_parse(text))
        except BrokenError as error:
            broken.append(BrokenLine(number, str(error)))
    return History(lines, broken)


def _parse(text: bytes) -> Line:
    sealed = unseal(text)
    if sealed.kind != KIND:
        raise BrokenError(f"it is of kind {sealed.kind!r}")
    try:
        return parsed(Line, KIND, sealed.payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BrokenError(f"not a line of this version: {first['loc']}: {first['msg']}") from error


def append(path: Path, lines: Iterable[Line]) -> int:
    """Adds what the file does not say already; the number of lines added.

    What is there stays byte for byte, damaged lines too.

    Raises:
        BenchError: the file cannot be written.
    """
    known = latest(read(path).lines)
    new = [line for line in lines if known.get((line.study, line.task, line.arm)) != line]
    if not new:
        return 0
    text = b"".join(_sealed(line) + b"\n" for line in new)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                # A last line that was cut short must not swallow the first new one.
                text = text if file.read() == b"\n" else b"\n" + text
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise failed("write", path, error) from error
    return len(new)


def _sealed(line: Line) -> bytes:
    payload = canonical(line.model_dump(mode="json", exclude_defaults=False))
    return Sealed(KIND, line.study, f"{line.task}/{line.arm}", payload).line()


def latest(lines: Sequence[Line]) -> dict[tuple[str, str, str], Line]:
    """(study, task, arm) -> the last line that says it: a study may have grown since."""
    return {(line.study, line.task, line.arm): line for line in lines}


def study_lines(lines: Sequence[Line], study: str) -> list[Line]:
    """The lines of one study as they were said last."""
    return [line for line in latest(lines).values() if line.study == study]
