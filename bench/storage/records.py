"""The records of one kind in a study's folder: one file each, or one archive.

`trials/<trial>.json` and `trials.jsonl.gz`; `step_time/<process>.json` and `step_time.jsonl.gz`. Every
record is a sealed line (`bench.storage.sealed_lines`). A line that is truncated, altered or from
another study is never read as a record: it is reported as damage, with the reason.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from bench.core.canonical import canonical_json
from bench.core.errors import BenchError
from bench.core.record import Record, StepTime, trial_name
from bench.storage.archive import CUT, read_archive, write_archive
from bench.storage.files import failed, read_bytes, remove, write_atomic
from bench.storage.migrations import parsed
from bench.storage.sealed_lines import BrokenError, Sealed, unseal

TRIALS, STEP_TIME, DAMAGED, REPLACED = "trials", "step_time", "damaged", "replaced"
Measured = TypeVar("Measured", Record, StepTime)


class Entry(NamedTuple):
    """A whole sealed line, and its file."""

    path: Path
    sealed: Sealed


class Damaged(NamedTuple):
    """A file, or a line of an archive, that cannot be read, and the reason."""

    path: Path
    reason: str


class Records(Generic[Measured]):
    """The records of one kind.

    Args:
        folder: the study's folder.
        kind: `trials` or `step_time`.
        model: the type of the records.
    """

    def __init__(self, folder: Path, kind: str, model: type[Measured]) -> None:
        self.kind = kind
        self.model: type[Measured] = model
        self.folder = folder / kind
        self.archive = folder / f"{kind}.jsonl.gz"

    def exist(self) -> bool:
        """Return true if there is a file of this kind, whole or damaged."""
        return bool(json_files(self.folder)) or self.archive.exists()

    def write(self, record: Measured) -> Path:
        """Write one record, whole or not at all; it is on the disk when this returns.

        Raises:
            BenchError: it cannot be written (the caller still has it), or could not be read again.
        """
        name = _name(record)
        try:
            payload = canonical_json(record.model_dump(mode="json"))
            sealed = Sealed(self.kind, record.study, name, payload)
            self._parse(sealed)
        except (BrokenError, ValueError) as error:
            raise BenchError(f"the record of {name} was not written: {error}") from error
        path = self.folder / f"{name}.json"
        write_atomic(path, sealed.line() + b"\n")
        return path

    def entries(self, study: str | None) -> Iterator[Entry | Damaged]:
        """Yield every record of a study once, and every damaged line; single files come first.

        Args:
            study: its name; None accepts the records of any study.
        """
        names: set[str] = set()
        for line in self._lines(study):
            if isinstance(line, Damaged):
                yield line
            elif line.sealed.name not in names:
                names.add(line.sealed.name)
                yield line

    def load(self, study: str | None) -> tuple[list[Measured], list[Damaged]]:
        """Read all whole records, sorted by name, and list the damage."""
        records: dict[str, Measured] = {}
        damage: list[Damaged] = []
        for entry in self.entries(study):
            if isinstance(entry, Damaged):
                damage.append(entry)
                continue
            try:
                records[entry.sealed.name] = self._parse(entry.sealed)
            except BrokenError as broken:
                damage.append(Damaged(entry.path, str(broken)))
        return [records[name] for name in sorted(records)], damage

    def compact(self, study: str | None) -> None:
        """Move all records into the archive.

        Raises:
            BenchError: something is damaged or cannot be written; no record was removed.
        """
        whole = []
        for entry in self.entries(study):
            if isinstance(entry, Damaged):
                raise BenchError(
                    f"{entry.path} is damaged: {entry.reason}; run the study again, then compact"
                )
            whole.append(entry.sealed)
        if whole:
            write_archive(self.archive, whole)
        for path in json_files(self.folder):
            remove(path)

    def set_aside(self, path: Path, study: str | None) -> None:
        """Move a damaged file into `damaged/`; the whole lines of an archive stay.

        Raises:
            BenchError: it cannot be moved.
        """
        try:
            target = _free(self.folder / DAMAGED / path.name)
            if path == self.archive:
                shutil.copyfile(path, target)
                write_archive(path, list(self._whole_lines_of_archive(study)))
            else:
                path.replace(target)
        except OSError as error:
            raise failed("set aside", path, error) from error

    def replace(self, stem: str) -> None:
        """Move the files named `stem` and a number into `replaced/`.

        Raises:
            BenchError: one cannot be moved.
        """
        for path in json_files(self.folder):
            if numbers([path.stem], stem):
                try:
                    path.replace(_free(self.folder / REPLACED / path.name))
                except OSError as error:
                    raise failed("set aside", path, error) from error

    def expand(self, study: str | None) -> None:
        """Write each record of the archive as a file, then remove the archive.

        Raises:
            BenchError: something is damaged or cannot be written; the archive stays.
        """
        for entry in self.entries(study):
            if isinstance(entry, Damaged):
                raise BenchError(f"{entry.path} is damaged: {entry.reason}")
            if entry.path == self.archive:
                write_atomic(self.folder / f"{entry.sealed.name}.json", entry.sealed.line() + b"\n")
        remove(self.archive)

    def _whole_lines_of_archive(self, study: str | None) -> Iterator[Sealed]:
        for entry in self.entries(study):
            if isinstance(entry, Entry) and entry.path == self.archive and self._holds(entry):
                yield entry.sealed

    def _lines(self, study: str | None) -> Iterator[Entry | Damaged]:
        """Yield every line: the single files by name, then the lines of the archive in order."""
        for path in json_files(self.folder):
            try:
                entry = Entry(path, self._unsealed(read_bytes(path), study, path.stem))
            except BrokenError as broken:
                yield Damaged(path, str(broken))
            else:
                yield entry
        if not self.archive.exists():
            return
        lines = read_archive(self.archive)
        while True:
            try:
                line = next(lines, None)
                if line is None:
                    return
                entry = Entry(self.archive, self._unsealed(line, study))
            except BrokenError as broken:
                yield Damaged(self.archive, str(broken))
            else:
                yield entry

    def _unsealed(self, line: bytes, study: str | None, name: str | None = None) -> Sealed:
        """Unseal a line of this kind, of a study if one is given, of a name if one is given."""
        sealed = unseal(line)
        if sealed.kind != self.kind:
            raise BrokenError(f"it is of kind {sealed.kind!r}")
        if name is not None and sealed.name != name:
            raise BrokenError(f"it is {sealed.name!r} under another name")
        if study is not None and sealed.study != study:
            raise BrokenError(f"it belongs to study {sealed.study!r}")
        return sealed

    def _holds(self, entry: Entry) -> bool:
        try:
            self._parse(entry.sealed)
        except BrokenError:
            return False
        return True

    def _parse(self, sealed: Sealed) -> Measured:
        """Read the record in a sealed line; `BrokenError` if it holds none of this name."""
        try:
            record = parsed(self.model, self.kind, sealed.payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BrokenError(
                f"not a record of this version: {where[:80]!r}: {first['msg']}"
            ) from error
        if (_name(record), record.study) != (sealed.name, sealed.study):
            raise BrokenError("it is another trial's record")
        return record


def damage_lines(damage: Sequence[Damaged], whole: int) -> list[str]:
    """Describe damage, in one line for each file.

    Args:
        damage: the damage of one kind of records.
        whole: number of records of this kind that were read.
    """
    lines = []
    for path in dict.fromkeys(item.path for item in damage):
        reasons = list(dict.fromkeys(item.reason for item in damage if item.path == path))
        count = sum(item.path == path for item in damage)
        if path.suffix == ".json":
            lines.append(f"{path.name} is damaged and left out: {reasons[0]}")
        elif CUT in reasons:
            lines.append(
                f"{path.name} is {CUT}: {whole} records before the damage were read, and those "
                "after it are left out"
            )
        else:
            verb = "is" if count == 1 else "are"
            lines.append(
                f"{count} of {whole + count} records of {path.name} {verb} damaged and left out: "
                f"{'; '.join(reasons)}"
            )
    return lines


def json_files(folder: Path) -> list[Path]:
    """List the `.json` files of a folder, by name; a missing folder has none.

    Raises:
        BenchError: the folder cannot be read.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise failed("read", folder, error) from error
    return [folder / name for name in names if name.endswith(".json")]


def numbers(names: Iterable[str], stem: str) -> list[int]:
    """Return the numbers of the names that are a stem and a number: `cifar10--mixup--003`."""
    ends = (name.removeprefix(stem) for name in names if name.startswith(stem))
    return [int(end) for end in ends if end.isdecimal()]


def _name(record: Record | StepTime) -> str:
    """Return the name that a record is stored under."""
    if isinstance(record, Record):
        return record.trial
    return trial_name(record.task, record.arm, record.process)


def _free(path: Path) -> Path:
    """Return the first of `path`, `path.1`, `path.2`, ... that does not exist; make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    free, number = path, 0
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free
