"""Notes on trials that ended without a record: `failures/<trial>.json`."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationError

from bench.core.canonical import canonical_json
from bench.core.errors import BenchError
from bench.core.failure import Failure, Kind
from bench.storage.files import read_bytes, remove, write_atomic
from bench.storage.records import json_files
from bench.storage.sealed_lines import BrokenError, Sealed, unseal

FAILURES = "failures"
_NAME = re.compile(r"[A-Za-z0-9_+=-][A-Za-z0-9_+.=-]{0,199}")
_LONGEST_REASON = 4000


def write_failure(folder: Path, trial: str, kind: Kind, reason: str) -> None:
    """Write the note of a trial (its name) into `folder`."""
    failure = Failure(kind=kind, reason=reason[:_LONGEST_REASON])
    payload = canonical_json(failure.model_dump(mode="json"))
    write_atomic(_note(folder, trial), Sealed(FAILURES, "", trial, payload).line() + b"\n")


def read_failures(folder: Path) -> dict[str, Failure]:
    """Read all notes by the trials' names, without the damaged ones: their trials run again."""
    failures = {}
    for path in json_files(folder):
        try:
            sealed = unseal(read_bytes(path))
            if (sealed.kind, sealed.name) == (FAILURES, path.stem):
                failures[path.stem] = Failure.model_validate_json(sealed.payload)
        except (BrokenError, ValidationError):
            continue
    return failures


def remove_failure(folder: Path, trial: str) -> None:
    """Remove the note of a trial if it has one.

    Raises:
        BenchError: it cannot be removed.
    """
    remove(_note(folder, trial))


def _note(folder: Path, trial: str) -> Path:
    if not _NAME.fullmatch(trial):
        raise BenchError(f"{trial!r} is not the name of a trial")
    return folder / f"{trial}.json"
