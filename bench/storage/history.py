"""The history: one line for each study and arm, which is appended and never rewritten.

A line holds the figures that later comparisons need, for each seed and each process. A history is
small enough to be committed where raw trials are too large. Each line is sealed with a checksum
(`bench.storage.sealed_lines`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import SerializerFunctionWrapHandler, ValidationError, model_serializer

from bench.core.canonical import canonical_json
from bench.core.record import Count, Finite, Fraction, Name, Schema
from bench.storage.files import failed
from bench.storage.migrations import parsed
from bench.storage.sealed_lines import BrokenError, Sealed, unseal

KIND = "history"
HISTORY = "history.jsonl"


class SeedResult(Schema):
    """The result of one trial."""

    seed: Count
    accuracy: Fraction
    """Accuracy on the test split; that of chance if training diverged."""
    area: Finite | None
    """Area under the validation curve (`bench.core.curve.area`); a fraction."""
    start: str
    """Hash of initial weights and batch order; two trials with equal hashes are a pair."""
    diverged: bool = False
    """True if training diverged; false in lines of versions that did not record it."""
    scores: dict[str, Finite] = {}
    """Values of compared metrics that have no field of their own, by name."""

    def value(self, name: str) -> float | None:
        """Return a metric's value, from its field or from `scores`; None if it has none."""
        return getattr(self, name) if name in type(self).model_fields else self.scores.get(name)

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        rare = ("diverged", "scores")
        return {name: value for name, value in dump(self).items() if name not in rare or value}


class ProcessResult(Schema):
    """The step time that one fresh process measured."""

    process: Count
    started: str = ""
    """Start of the process's measurement of the arm, UTC, ISO 8601; empty in older lines."""
    ratio: Finite
    """Step time divided by that of the task's baseline."""
    ms: Finite
    """Milliseconds a step."""
    memory_mb: Finite | None = None
    matrix_rate: Finite | None = None
    """Operations per second of a large matrix product."""


class Line(Schema):
    """The results of one arm of a study."""

    schema_version: Literal[1] = 1
    study: Name
    created: str
    """Time at which the study was created: UTC, ISO 8601."""
    task: Name
    arm: Name
    reference: Name | None
    strategies: str
    data: Name
    data_hash: str
    """Hash of the arrays; empty if nothing was trained."""
    synthetic: bool
    recipe: dict[str, Any]
    settings: dict[str, Any]
    device: str = ""
    machine: str = ""
    """Fingerprint of the machine that timed the steps; empty if no step was timed."""
    software: dict[str, str] = {}
    """Versions by package; `2.20.0/2.21.0` if trials ran under several versions."""
    seeds: tuple[SeedResult, ...] = ()
    processes: tuple[ProcessResult, ...] = ()
    failed: Count = 0
    """Number of seeds that ended without a record."""


class BrokenLine(NamedTuple):
    """A line that cannot be read."""

    number: int
    reason: str


class History(NamedTuple):
    """The lines of a file, in its order."""

    lines: list[Line]
    broken: list[BrokenLine]


def read(path: Path) -> History:
    """Read all undamaged lines, and the numbers of the others; a missing file has no lines.

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
    """Append the lines that the file does not hold already; return their number.

    The earlier content stays byte for byte, including damaged lines.

    Raises:
        BenchError: the file cannot be written.
    """
    earlier = latest(read(path).lines)
    new = [line for line in lines if earlier.get((line.study, line.task, line.arm)) != line]
    if not new:
        return 0
    text = b"".join(_sealed(line) + b"\n" for line in new)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                # Else a last line that was cut short would swallow the first new one.
                text = text if file.read() == b"\n" else b"\n" + text
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise failed("write", path, error) from error
    return len(new)


def _sealed(line: Line) -> bytes:
    payload = canonical_json(line.model_dump(mode="json"))
    return Sealed(KIND, line.study, f"{line.task}/{line.arm}", payload).line()


def latest(lines: Sequence[Line]) -> dict[tuple[str, str, str], Line]:
    """Map (study, task, arm) to its last line: a study may have grown between two lines."""
    return {(line.study, line.task, line.arm): line for line in lines}


def study_lines(lines: Sequence[Line], study: str) -> list[Line]:
    """Return the latest lines of one study."""
    return [line for line in latest(lines).values() if line.study == study]
