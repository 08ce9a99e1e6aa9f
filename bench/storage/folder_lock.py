"""A lock that lets one process at a time write to a study's folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from bench.core.canonical import canonical_json
from bench.core.errors import UsageError
from bench.storage.files import failed, write_atomic

LOCK = ".lock"
NOTE = ".lock.json"


class Holder(NamedTuple):
    """The process that holds a study, according to its note."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


@contextmanager
def only_writer(folder: Path, elsewhere: str = "--name") -> Iterator[None]:
    """Hold the lock of `folder` for this process; the operating system releases it if the process dies.

    A note of this machine is stale as soon as the operating system's lock is free. A note of
    another machine is believed, because not every network file system shares locks.

    Raises:
        UsageError: another process holds it, or the folder is not writable.
    """
    note = folder / NOTE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"{folder} is being written by {read_note(note) or 'another process'}; "
            f"wait for it, or choose another {elsewhere}"
        ) from None
    except OSError as error:
        raise failed("lock", folder, error) from error
    try:
        holder = read_note(note)
        here = socket.gethostname()
        if holder and holder.host != here:
            raise UsageError(
                f"{folder} is being written by {holder}; "
                f"if that has ended, remove {note} and run the same command again"
            )
        this_process = Holder(os.getpid(), here, datetime.now(UTC).isoformat(timespec="seconds"))
        write_atomic(note, canonical_json(this_process._asdict()))
        try:
            yield
        except KeyboardInterrupt as stop:
            if not getattr(stop, "__notes__", ()):  # an inner folder has said it
                stop.add_note(
                    f"what was finished is kept in {folder}, and the same command goes on"
                )
            raise
        finally:
            with suppress(OSError):  # The next process sees that it is stale.
                note.unlink(missing_ok=True)
    finally:
        lock.release()


def read_note(note: Path) -> Holder | None:
    """Read which process holds the study; None without a readable note."""
    try:
        value = json.loads(note.read_bytes())
        return Holder(int(value["pid"]), str(value["host"])[:200], str(value["since"])[:40])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
