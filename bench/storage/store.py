"""One study's folder: `study.json`, `trials/`, `step_time/`, `failures/`.

JSON only; every record is a sealed line with a checksum (`bench.storage.sealed_lines`). A file that
is truncated, altered or from another study is never read as a result. It is reported, set aside and
measured again. The trials of a finished study may lie in one file, `trials.jsonl.gz`, a line each.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from bench.core.errors import BenchError, UsageError
from bench.core.failure import Failure, Kind
from bench.core.record import Record, StepTime, trial_name
from bench.core.study import SCHEMA, Study, Trial
from bench.storage.archive import read_lines, write_compact
from bench.storage.files import TEMPORARY, failed, read_bytes, write_atomic
from bench.storage.folder_lock import only_writer
from bench.storage.migrations import parsed, readable
from bench.storage.sealed_lines import BrokenError, Sealed, canonical, unseal

STUDY = "study.json"
TRIALS, STEP_TIME, FAILURES, DAMAGED = "trials", "step_time", "failures", "damaged"
_NAME = re.compile(r"[A-Za-z0-9_+=-][A-Za-z0-9_+.=-]{0,199}")
Measured = TypeVar("Measured", Record, StepTime)


class Damaged(NamedTuple):
    """A file (or a line of a compact one) that is not read, and why."""

    path: Path
    reason: str


class Loaded(NamedTuple):
    """Records by name, and what is none."""

    records: list[Record]
    damaged: list[Damaged]


class LoadedStepTimes(NamedTuple):
    """Step times by name, and what is none."""

    step_times: list[StepTime]
    damaged: list[Damaged]


class Store:
    """Reads and writes one study's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Makes this process the only writer, and clears what a killed one left half-written.

        Raises:
            UsageError: another process writes it (the text says which), or it cannot be written to.
        """
        with only_writer(self.folder):
            for folder in (".", TRIALS, STEP_TIME, FAILURES):
                for leftover in (self.folder / folder).glob(f".*{TEMPORARY}"):
                    leftover.unlink(missing_ok=True)
            yield

    def study(self) -> Study | None:
        """What was asked for, or None where nothing was.

        Raises:
            UsageError: `study.json` is damaged, of another schema, or gone although trials exist.
        """
        path = self.folder / STUDY
        if not path.exists():
            if self._singles(TRIALS) or self._compact(TRIALS).exists():
                raise UsageError(f"{self.folder} has trials and no {STUDY}; {_RESTORE}")
            return None
        return _read_study(path)

    def write_study(self, study: Study) -> None:
        """Writes `study.json`, indented for human eyes; one that says the same stays untouched.

        Raises:
            BenchError: it cannot be written.
        """
        with suppress(UsageError):  # what is damaged is written again
            if (self.folder / STUDY).exists() and self.study() == study:
                return
        payload = study.model_dump(mode="json")
        checksum = sha256(canonical(payload)).hexdigest()
        text = json.dumps({"sha256": checksum, "study": payload}, indent=1)
        write_atomic(self.folder / STUDY, text.encode() + b"\n")

    def write(self, record: Record | StepTime) -> Path:
        """Writes one record, whole or not at all; it is on the disk when this returns.

        Raises:
            BenchError: it cannot be written (the caller still has it), or could not be read again.
        """
        kind, name = _place(record)
        try:
            sealed = Sealed(kind, record.study, name, canonical(record.model_dump(mode="json")))
            _parse_kind(sealed)
        except (BrokenError, ValueError) as error:
            raise BenchError(f"the record of {name} was not written: {error}") from error
        path = self.folder / kind / f"{name}.json"
        write_atomic(path, sealed.line() + b"\n")
        if kind == TRIALS:
            self._failure(name).unlink(missing_ok=True)
        return path

    def records(self) -> Loaded:
        """All whole records by name, and what was not readable as one.

        Raises:
            UsageError: see `study`.
        """
        return Loaded(*self._load(TRIALS, Record))

    def step_times(self) -> LoadedStepTimes:
        """All whole step times by name, and what was not readable as one."""
        return LoadedStepTimes(*self._load(STEP_TIME, StepTime))

    def damaged(self) -> list[Damaged]:
        """Files and lines whose seals do not hold: what a crash or a disk does, found fast.

        A seal that holds over what is no record (another version's, a forgery) takes `records`.
        """
        return [
            Damaged(path, str(entry))
            for kind in (TRIALS, STEP_TIME)
            for path, entry in self._entries(kind)
            if isinstance(entry, BrokenError)
        ]

    def names(self, kind: str = TRIALS) -> set[str]:
        """Names of the trials (or `step_time` processes) whose seals hold; no payload is parsed."""
        return {entry.name for _, entry in self._entries(kind) if isinstance(entry, Sealed)}

    def missing(self, study: Study, retry_failed: bool = False) -> list[Trial]:
        """What of `study` still has to run, in its order; what failed only with `retry_failed`."""
        done = self.names(TRIALS)
        skipped = done if retry_failed else done | self.failures().keys()
        return [trial for trial in study.trials() if trial.name not in skipped]

    def set_aside(self, damaged: Iterable[Damaged]) -> None:
        """Moves damaged files to `damaged/` beside them, so that their trials are measured again.

        Of a compact file, the whole lines stay.
        """
        for path in dict.fromkeys(item.path for item in damaged):
            kind = path.name.partition(".")[0] if path.parent == self.folder else path.parent.name
            try:
                target = _free(self.folder / kind / DAMAGED / path.name)
                if path.parent == self.folder:
                    shutil.copyfile(path, target)
                    self._keep_whole(kind)
                else:
                    path.replace(target)
            except OSError as error:
                raise failed("set aside", path, error) from error

    def fail(self, trial: str, kind: Kind, reason: str) -> None:
        """Notes why `trial` (its name) measured nothing; a later record clears the note."""
        failure = Failure(kind=kind, reason=reason[:4000])
        line = Sealed(FAILURES, "", trial, canonical(failure.model_dump(mode="json"))).line()
        write_atomic(self._failure(trial), line + b"\n")

    def failures(self) -> dict[str, Failure]:
        """Trials that failed and have no record; a damaged note is none, so its trial is rerun."""
        found = {}
        for path in self._singles(FAILURES):
            try:
                sealed = unseal(read_bytes(path))
                if (sealed.kind, sealed.name) == (FAILURES, path.stem):
                    found[path.stem] = Failure.model_validate_json(sealed.payload)
            except (BrokenError, ValidationError):
                continue
        done = self.names(TRIALS) if found else set()
        return {name: failure for name, failure in found.items() if name not in done}

    def compact(self) -> Path:
        """Puts all trials, and all step times, into one small file each; the path of the trials'.

        Raises:
            BenchError: something is damaged, or cannot be written; no record was removed.
        """
        for kind in (TRIALS, STEP_TIME):
            entries = list(self._entries(kind))
            whole = [entry for _, entry in entries if isinstance(entry, Sealed)]
            for path, entry in entries:
                if isinstance(entry, BrokenError):
                    raise BenchError(
                        f"{path} is damaged: {entry}; run the study again, then compact"
                    )
            if whole:
                write_compact(self._compact(kind), whole)
            for path in self._singles(kind):
                path.unlink()
        return self._compact(TRIALS)

    def _compact(self, kind: str) -> Path:
        return self.folder / f"{kind}.jsonl.gz"

    def _failure(self, trial: str) -> Path:
        if not _NAME.fullmatch(trial):
            raise BenchError(f"{trial!r} is not the name of a trial")
        return self.folder / FAILURES / f"{trial}.json"

    def _singles(self, kind: str) -> list[Path]:
        """The `.json` files of a kind, by name."""
        try:
            found = sorted(entry.name for entry in os.scandir(self.folder / kind))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise failed("read", self.folder / kind, error) from error
        return [self.folder / kind / name for name in found if name.endswith(".json")]

    def _lines(self, kind: str) -> Iterator[tuple[Path, str | None, bytes | BrokenError]]:
        """Every line of a kind, with the name that its file gives it; single files come first."""
        for path in self._singles(kind):
            try:
                yield path, path.stem, read_bytes(path)
            except BrokenError as broken:
                yield path, path.stem, broken
        path = self._compact(kind)
        if path.exists():
            try:
                for line in read_lines(path):
                    yield path, None, line
            except BrokenError as broken:
                yield path, None, broken

    def _entries(self, kind: str) -> Iterator[tuple[Path, Sealed | BrokenError]]:
        """Every trial of a kind once, and every line that is none with the reason."""
        study = self.study()
        seen: set[str] = set()
        for path, name, line in self._lines(kind):
            try:
                if isinstance(line, BrokenError):
                    raise line
                sealed = unseal(line)
                if sealed.kind != kind:
                    raise BrokenError(f"it is of kind {sealed.kind!r}")
                if name is not None and sealed.name != name:
                    raise BrokenError(f"it is {sealed.name!r} under another name")
                if study and sealed.study != study.name:
                    raise BrokenError(f"it belongs to study {sealed.study!r}")
            except BrokenError as broken:
                yield path, broken
            else:
                if sealed.name not in seen:
                    seen.add(sealed.name)
                    yield path, sealed

    def _load(self, kind: str, model: type[Measured]) -> tuple[list[Measured], list[Damaged]]:
        found: dict[str, Measured] = {}
        damaged: list[Damaged] = []
        for path, entry in self._entries(kind):
            try:
                if isinstance(entry, BrokenError):
                    raise entry
                found[entry.name] = _parse(entry, model)
            except BrokenError as broken:
                damaged.append(Damaged(path, str(broken)))
        return [found[name] for name in sorted(found)], damaged

    def _keep_whole(self, kind: str) -> None:
        """Rewrites a compact file without its damaged lines."""
        compact = self._compact(kind)
        whole = []
        for path, entry in self._entries(kind):
            if path == compact and isinstance(entry, Sealed):
                try:
                    _parse_kind(entry)
                except BrokenError:
                    continue
                whole.append(entry)
        write_compact(compact, whole)


def compact(folder: Path) -> Path:
    """Compacts the study in `folder` (see `Store.compact`), as its only writer."""
    store = Store(folder)
    with store.lock():
        return store.compact()


_RESTORE = "restore it, or choose another --name"


def _read_study(path: Path) -> Study:
    try:
        value = json.loads(read_bytes(path))
        payload, checksum = value["study"], value["sha256"]
        version = payload["schema_version"]
        if not readable("study", version, SCHEMA):
            raise UsageError(
                f"{path} has schema {version!r} and this version of the suite reads {SCHEMA}; "
                "use the version that wrote it, or choose another --name"
            )
        if sha256(canonical(payload)).hexdigest() != checksum:
            raise BrokenError("its checksum does not hold (truncated or altered)")
        return parsed(Study, "study", canonical(payload))
    except BrokenError as broken:
        raise UsageError(f"{path} is damaged: {broken}; {_RESTORE}") from broken
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} is damaged: not a study of this suite; {_RESTORE}") from error


def _parse(entry: Sealed, model: type[Measured]) -> Measured:
    """The record that a sealed line holds; `BrokenError` where it holds none of this name."""
    try:
        record = parsed(model, entry.kind, entry.payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BrokenError(
            f"not a record of this version: {where[:80]!r}: {first['msg']}"
        ) from error
    kind, name = _place(record)
    if (kind, name, record.study) != (entry.kind, entry.name, entry.study):
        raise BrokenError("it is another trial's record")
    return record


def _parse_kind(entry: Sealed) -> Record | StepTime:
    return _parse(entry, Record) if entry.kind == TRIALS else _parse(entry, StepTime)


def _place(record: Record | StepTime) -> tuple[str, str]:
    """The kind and the name that a record is stored under."""
    if isinstance(record, Record):
        return TRIALS, record.trial
    return STEP_TIME, trial_name(record.task, record.arm, record.process)


def _free(path: Path) -> Path:
    """`path`, or the first of `path.1`, `path.2`, ... that does not exist; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    free, number = path, 0
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free
