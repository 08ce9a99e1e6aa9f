"""What is seen while trials run: a bar on a terminal, plain lines or JSON lines elsewhere."""

from __future__ import annotations

import json
import sys
import time

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench.core.record import Record
from bench.core.study import Trial
from bench.running.collect import TrainingWatch
from bench.running.executors.executor import Outcome


class PlainWatch(TrainingWatch):
    """One line a trial on stderr, with the time that is left."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.failed = total, 0, 0
        self._start = time.monotonic()

    def __enter__(self) -> PlainWatch:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def ended(self, outcome: Outcome[Record]) -> None:
        self.done += 1
        self.failed += outcome.failure is not None
        self.tell(outcome)

    def tell(self, outcome: Outcome[Record]) -> None:
        left = (time.monotonic() - self._start) / self.done * (self.total - self.done)
        print(
            f"{self.done}/{self.total} {describe(outcome)}, {duration(left)} left",
            file=sys.stderr,
            flush=True,
        )

    def interrupted(self) -> None:
        print(
            "stopping when the running trials have ended; Ctrl-C again stops now",
            file=sys.stderr,
            flush=True,
        )


class QuietWatch(PlainWatch):
    """Failures only."""

    def tell(self, outcome: Outcome[Record]) -> None:
        if outcome.failure is not None:
            print(describe(outcome), file=sys.stderr, flush=True)


class JsonWatch(PlainWatch):
    """One JSON object a trial on stdout."""

    def tell(self, outcome: Outcome[Record]) -> None:
        trial, record = outcome.trial, outcome.record
        told = {
            "event": "trial",
            "task": trial.arm.task,
            "arm": trial.arm.name,
            "seed": trial.seed,
            "status": record.status if record else "failed",
            "test_accuracy": record.final.test_accuracy if record and record.final else None,
            "failure": outcome.failure.reason if outcome.failure else None,
            "done": self.done,
            "total": self.total,
        }
        print(json.dumps(told), flush=True)


class BarWatch(PlainWatch):
    """A progress bar with the last trial and the time that is left."""

    def __init__(self, total: int, console: Console) -> None:
        super().__init__(total)
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
        )
        self._task: TaskID = self._progress.add_task("", total=total)

    def __enter__(self) -> BarWatch:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def started(self, trial: Trial) -> None:
        if not self.done:
            self._progress.update(self._task, description=escape(f"{trial.name} begins"))

    def tell(self, outcome: Outcome[Record]) -> None:
        self._progress.update(self._task, advance=1, description=escape(describe(outcome)))
        if outcome.failure is not None:
            self._progress.console.print(escape(describe(outcome)))


def watch(total: int, quiet: bool, as_json: bool) -> PlainWatch:
    """The display that fits where the output goes."""
    console = Console(stderr=True)
    if as_json:
        return JsonWatch(total)
    if quiet:
        return QuietWatch(total)
    return BarWatch(total, console) if console.is_terminal else PlainWatch(total)


def describe(outcome: Outcome[Record]) -> str:
    """One line of what became of a trial."""
    name = f"{outcome.trial.arm.task} {outcome.trial.arm.name} seed {outcome.trial.seed}"
    if outcome.failure is not None:
        reason = outcome.failure.reason.strip().splitlines() or ["no reason given"]
        return f"{name}: {outcome.failure.kind}: {reason[-1]}"
    record = outcome.record
    if record is None or record.final is None:
        return f"{name}: diverged"
    return f"{name}: {record.final.test_accuracy:.1%}"


def duration(seconds: float) -> str:
    """`3 h 05 min`, `4 min` or `12 s`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
