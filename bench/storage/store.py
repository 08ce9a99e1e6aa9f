"""One study's folder: `study.json`, `trials/`, `step_time/`, `failures/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.core.errors import BenchError, UsageError
from bench.core.failure import Failure, Kind
from bench.core.record import Record, StepTime
from bench.core.study import Study, Trial
from bench.storage.failures import FAILURES, read_failures, remove_failure, write_failure
from bench.storage.files import TEMPORARY
from bench.storage.folder_lock import only_writer
from bench.storage.records import STEP_TIME, TRIALS, Damaged, Entry, Records, numbers
from bench.storage.study_file import RESTORE, STUDY, read_study, write_study


class Loaded(NamedTuple):
    """Trials by name, and the damage."""

    records: list[Record]
    damaged: list[Damaged]


class LoadedStepTimes(NamedTuple):
    """Step times by name, and the damage."""

    step_times: list[StepTime]
    damaged: list[Damaged]


class Store:
    """The files of one study."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._trials = Records(folder, TRIALS, Record)
        self._step_times = Records(folder, STEP_TIME, StepTime)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Make this process the only writer, and remove half-written files of a killed one.

        Raises:
            UsageError: another process writes to the folder, or it cannot be written to.
        """
        with only_writer(self.folder):
            for folder in (".", TRIALS, STEP_TIME, FAILURES):
                for leftover in (self.folder / folder).glob(f".*{TEMPORARY}"):
                    with suppress(OSError):  # It is in nobody's way.
                        leftover.unlink(missing_ok=True)
            yield

    def study(self) -> Study | None:
        """Read the stored study; None in an empty folder.

        Raises:
            UsageError: `study.json` is damaged, of another schema, or missing beside trials.
        """
        path = self.folder / STUDY
        if path.exists():
            return read_study(path)
        if self._trials.exist():
            raise UsageError(f"{self.folder} has trials and no {STUDY}; {RESTORE}")
        return None

    def write_study(self, study: Study) -> None:
        """Write `study.json`; leave a file of the same content untouched.

        Raises:
            BenchError: it cannot be written.
        """
        path = self.folder / STUDY
        with suppress(UsageError):  # A damaged file is written again.
            if path.exists() and read_study(path) == study:
                return
        write_study(path, study)

    def write(self, record: Record | StepTime) -> Path:
        """Write one record, whole or not at all; it is on the disk when this returns.

        Raises:
            BenchError: it cannot be written (the caller still has it), or could not be read again.
        """
        if isinstance(record, StepTime):
            return self._step_times.write(record)
        path = self._trials.write(record)
        remove_failure(self.folder / FAILURES, record.trial)
        return path

    def records(self) -> Loaded:
        """Read all whole trials by name, and list the damage.

        Raises:
            UsageError: as `study`.
        """
        return Loaded(*self._trials.load(self._name()))

    def step_times(self) -> LoadedStepTimes:
        """Read all whole step times by name, and list the damage."""
        return LoadedStepTimes(*self._step_times.load(self._name()))

    def damaged(self) -> list[Damaged]:
        """List quickly the files and lines with broken seals: damage by a crash or a disk.

        `records` also finds a valid seal over something other than a record.
        """
        entries = (e for kind in (TRIALS, STEP_TIME) for e in self._entries(kind))
        return [entry for entry in entries if isinstance(entry, Damaged)]

    def names(self, kind: str = TRIALS) -> set[str]:
        """Return the names of trials (or `step_time` processes) with valid seals; parse no payload."""
        return {entry.sealed.name for entry in self._entries(kind) if isinstance(entry, Entry)}

    def missing(self, study: Study, retry_failed: bool = False) -> list[Trial]:
        """List the trials of `study` that have to run, failed ones only if `retry_failed`."""
        skipped = self.names()
        if not retry_failed:
            skipped |= self.failures().keys()
        return [trial for trial in study.trials() if trial.name not in skipped]

    def set_aside(self, damaged: Iterable[Damaged]) -> None:
        """Move damaged files to `damaged/` beside them, so that their trials are measured again.

        The whole lines of an archive stay.
        """
        for path in dict.fromkeys(item.path for item in damaged):
            is_step_time = path in (self._step_times.archive, self._step_times.folder / path.name)
            records = self._step_times if is_step_time else self._trials
            records.set_aside(path, self._name())

    def fail(self, trial: str, kind: Kind, reason: str) -> None:
        """Note the failure of `trial` (its name); a later record removes the note."""
        write_failure(self.folder / FAILURES, trial, kind, reason)

    def failures(self) -> dict[str, Failure]:
        """Return the trials that failed and have no record."""
        failures = read_failures(self.folder / FAILURES)
        recorded = self.names() if failures else set()
        return {name: failure for name, failure in failures.items() if name not in recorded}

    def compact(self) -> Path:
        """Put all trials, and all step times, into one small file each; return the file of the trials.

        Raises:
            BenchError: something is damaged or cannot be written; no record was removed.
        """
        self._trials.compact(self._name())
        self._step_times.compact(self._name())
        return self._trials.archive

    def is_compact(self) -> bool:
        """Return true if the trials are in an archive, as those of a finished study are."""
        return self._trials.archive.exists()

    def expand(self) -> None:
        """Undo `compact`.

        Raises:
            BenchError: something is damaged or cannot be written; nothing is lost.
        """
        self._trials.expand(self._name())
        self._step_times.expand(self._name())

    def has_numbered(self, stem: str) -> bool:
        """Return true if there is a trial or a step time named `stem` and a number."""
        return bool(numbers(self.names(TRIALS) | self.names(STEP_TIME), stem))

    def replace(self, stem: str) -> None:
        """Move what is named `stem` and a number into `replaced/`, and drop its failure notes."""
        self._trials.replace(stem)
        self._step_times.replace(stem)
        for name in read_failures(self.folder / FAILURES):
            if numbers([name], stem):
                remove_failure(self.folder / FAILURES, name)

    def _name(self) -> str | None:
        study = self.study()
        return study.name if study else None

    def _entries(self, kind: str) -> Iterator[Entry | Damaged]:
        records = self._trials if kind == TRIALS else self._step_times
        return records.entries(self._name())


def readable_studies(
    files: Iterable[Path], warn: Callable[[str], None]
) -> list[tuple[Study, Store]]:
    """Read the studies of some `study.json`; warn of each that cannot be read, and leave it out."""
    studies = []
    for path in files:
        try:
            studies.append((read_study(path), Store(path.parent)))
        except BenchError as error:
            warn(f"left out: {error}")
    return studies


def compact(folder: Path) -> Path:
    """Compact the study in `folder` (see `Store.compact`), as its only writer."""
    store = Store(folder)
    with store.lock():
        return store.compact()


def expand(folder: Path) -> Path:
    """Undo `compact`, as the only writer; return the folder of the trials."""
    store = Store(folder)
    with store.lock():
        store.expand()
    return folder / TRIALS
