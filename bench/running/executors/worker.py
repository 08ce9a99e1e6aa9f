"""What happens inside a worker process."""

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

from bench.core.errors import BenchError
from bench.core.failure import Failure
from bench.core.record import PeakMemory, Record, StepTime
from bench.core.study import Trial
from bench.running.executors.executor import Outcome
from bench.storage.sealed_lines import canonical

READY, BEGAN = "ready", "began"
MODELS: dict[str, type[Record] | type[StepTime] | type[PeakMemory]] = {
    kind.__name__: kind for kind in (Record, StepTime, PeakMemory)
}


class Sent(NamedTuple):
    """A worker's answer: text and bytes, so that nothing of a plugin is unpickled elsewhere."""

    model: str
    """`Record`, `StepTime` or `PeakMemory`; empty where the trial raised."""
    payload: bytes
    """Canonical JSON, or why it raised."""


class WorkerSetting(NamedTuple):
    """All that a worker process is started with."""

    work: bytes
    """A pickled `Work`; the first trial unpickles it, so that what an import raises is told."""
    environment: Mapping[str, str]
    log: Path | None
    """Where stdout and stderr go, appended; None leaves them as they are."""


class Job:
    """The work of this process, unpickled once; what it keeps (traced arms) lasts as long."""

    def __init__(self, work: bytes) -> None:
        self._pickled = work
        self._work: Callable[[Trial], Record | StepTime | PeakMemory] | None = None

    def __call__(self, trial: Trial) -> Sent:
        try:
            with _same_surroundings():
                if self._work is None:
                    self._work = pickle.loads(self._pickled)
                record = self._work(trial)
                if type(record).__name__ not in MODELS:
                    raise TypeError(f"the work returned {type(record).__name__}, no record")
                return Sent(type(record).__name__, canonical(record.model_dump(mode="json")))
        except (Exception, SystemExit) as error:  # a plugin's sys.exit costs this trial alone
            traceback.print_exc()
            return Sent("", explain(error).encode(errors="replace"))


_process: dict[str, Any] = {}
"""This worker's `Job` and its pipe to the parent: a pool calls functions, so they wait here."""


def prepare(setting: WorkerSetting, news: connection.Connection) -> None:
    """Sets a new worker process up, before its first trial."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(setting.environment)
    if setting.log is not None:
        _redirect(setting.log)
    _process.update(job=Job(setting.work), news=news)
    news.send((READY, os.getpid()))


def perform(trial: Trial, ticket: int) -> Sent:
    """Runs one trial; `ticket` tells the parent which one has begun."""
    _process["news"].send((BEGAN, ticket))
    return _process["job"](trial)


def received(trial: Trial, sent: Sent) -> Outcome[Any]:
    """What a worker's answer says about a trial."""
    if not sent.model:
        return Outcome(trial, None, Failure(kind="raised", reason=sent.payload.decode()))
    return Outcome(trial, MODELS[sent.model].model_validate_json(sent.payload), None)


def explain(error: BaseException) -> str:
    """An exception in one printable line: what, and where it was raised."""
    text = " ".join(str(error).split())[:1000]
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if isinstance(error, BenchError):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{': ' if text else ''}{text}{where}"


def _end_with_parent() -> None:
    """Ends this process when its parent is gone, even by `kill -9`."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _redirect(log: Path) -> None:
    """Sends stdout and stderr, those of libraries too, to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError:  # a log that cannot be kept is no reason to lose a measurement
        target = os.open(os.devnull, os.O_WRONLY)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)


@contextmanager
def _same_surroundings() -> Iterator[None]:
    """Undoes what a trial does to the working folder and the environment, for the next one."""
    folder, environment = Path.cwd(), dict(os.environ)
    try:
        yield
    finally:
        os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
