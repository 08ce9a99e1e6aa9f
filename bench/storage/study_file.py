"""`study.json`: the requested study, with a checksum."""

from __future__ import annotations

import json
from pathlib import Path

from bench.core.canonical import canonical_hash, canonical_json
from bench.core.errors import UsageError
from bench.core.study import SCHEMA, Study
from bench.storage.files import read_bytes, write_atomic
from bench.storage.migrations import parsed, readable
from bench.storage.sealed_lines import BrokenError

STUDY = "study.json"
RESTORE = "restore it, or choose another --name"


def read_study(path: Path) -> Study:
    """Read a study.

    Raises:
        UsageError: the file is damaged, or of another schema.
        BenchError: the file cannot be read.
    """
    try:
        value = json.loads(read_bytes(path))
        payload, checksum = value["study"], value["sha256"]
        version = payload["schema_version"]
        if not readable("study", version, SCHEMA):
            raise UsageError(
                f"{path} has schema {version!r} and this version of the suite reads {SCHEMA}; "
                "use the version that wrote it, or choose another --name"
            )
        if canonical_hash(payload, 64) != checksum:
            raise BrokenError("its checksum does not hold (truncated or altered)")
        return parsed(Study, "study", canonical_json(payload))
    except BrokenError as broken:
        raise UsageError(f"{path} is damaged: {broken}; {RESTORE}") from broken
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} is damaged: not a study of this suite; {RESTORE}") from error


def write_study(path: Path, study: Study) -> None:
    """Write a study, indented for human readers.

    Raises:
        BenchError: the file cannot be written; its earlier content is untouched.
    """
    payload = study.model_dump(mode="json")
    text = json.dumps({"sha256": canonical_hash(payload, 64), "study": payload}, indent=1)
    write_atomic(path, text.encode() + b"\n")
