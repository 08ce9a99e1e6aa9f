"""The inside of a worker process: load the work, perform assignments, answer."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any, NamedTuple

from bench.core.allocator import give_back_freed_memory, keep_freed_memory
from bench.core.canonical import canonical_json
from bench.core.errors import BenchError
from bench.core.failure import Failure
from bench.core.record import PeakMemory, Record, StepTime
from bench.core.study import Timing, Trial
from bench.running.executors.executor import Assignment, Outcome

READY, BEGAN = "ready", "began"
MODELS: dict[str, type[Record] | type[StepTime] | type[PeakMemory]] = {
    kind.__name__: kind for kind in (Record, StepTime, PeakMemory)
}


class Sent(NamedTuple):
    """Answer of a worker. It is text and bytes, so that no object of a plugin is unpickled."""

    model: str
    """`Record`, `StepTime` or `PeakMemory`; empty if the assignment raised."""
    payload: bytes
    """Canonical JSON of the record, or a description of the exception."""


class WorkerSetting(NamedTuple):
    """Setting of a worker process."""

    work: bytes
    """A pickled `Work`. The first assignment unpickles it, so that a failed import is reported."""
    environment: Mapping[str, str]
    log: Path | None
    """File for stdout and stderr, appended; None leaves them as they are."""


class LoadedWork:
    """Work of this process, unpickled once."""

    def __init__(self, work: bytes) -> None:
        keep_freed_memory()
        self._pickled = work
        self._work: Callable[[Trial | Timing], Record | StepTime | PeakMemory] | None = None

    def __call__(self, assignment: Trial | Timing) -> Sent:
        try:
            with _same_surroundings():
                if self._work is None:
                    self._work = pickle.loads(self._pickled)
                record = self._work(assignment)
                if type(record).__name__ not in MODELS:
                    raise TypeError(f"the work returned {type(record).__name__}, no record")
                return Sent(type(record).__name__, canonical_json(record.model_dump(mode="json")))
        except (Exception, SystemExit) as error:  # a plugin's sys.exit costs no other trial
            traceback.print_exc()
            return Sent("", explain(error).encode(errors="replace"))
        finally:
            give_back_freed_memory()  # else a worker of many arms holds what none of them needs


_process: dict[str, Any] = {}
"""Loaded work of this worker and its pipe to the parent, for functions that the pool calls."""


def prepare(setting: WorkerSetting, news: connection.Connection) -> None:
    """Set up a new worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(setting.environment)
    if setting.log is not None:
        _redirect(setting.log)
    _process.update(work=LoadedWork(setting.work), news=news)
    news.send((READY, os.getpid()))


def perform(assignment: Trial | Timing, ticket: int) -> Sent:
    """Run one assignment; `ticket` tells the parent which one was started."""
    _process["news"].send((BEGAN, ticket))
    return _process["work"](assignment)


def received(assignment: Assignment, sent: Sent) -> Outcome[Assignment, Any]:
    """Make the outcome of an assignment from a worker's answer."""
    if not sent.model:
        return Outcome(assignment, None, Failure(kind="raised", reason=sent.payload.decode()))
    return Outcome(assignment, MODELS[sent.model].model_validate_json(sent.payload), None)


def explain(error: BaseException) -> str:
    """Describe an exception and its place in one printable line."""
    text = " ".join(str(error).split())[:1000]
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if isinstance(error, BenchError):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{': ' if text else ''}{text}{where}"


def _end_with_parent() -> None:
    """End this process when its parent is gone, even by `kill -9`."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _redirect(log: Path) -> None:
    """Redirect stdout and stderr, also those of native libraries, to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError:  # a missing log is no reason to lose a measurement
        target = os.open(os.devnull, os.O_WRONLY)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)


@contextmanager
def _same_surroundings() -> Iterator[None]:
    """Undo all changes of an assignment to the working folder and the environment."""
    folder, environment = Path.cwd(), dict(os.environ)
    try:
        yield
    finally:
        os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
