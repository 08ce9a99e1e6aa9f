"""The display of running trials: a bar on a terminal, plain lines or JSON lines elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from bench.cli import timing_progress
from bench.cli.options import show_notice, warn
from bench.core.duration import duration
from bench.core.record import Record
from bench.core.study import Trial
from bench.running.collect import TrainingWatch
from bench.running.executors.executor import Outcome
from bench.running.forecast import Forecast
from bench.running.study_run import Display


class PlainWatch(TrainingWatch):
    """One line for each trial on stderr, with the time that is left."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self.total, self.done, self.failed = len(trials), 0, 0
        self._forecast = Forecast(trials)

    def __enter__(self) -> PlainWatch:
        return self

    def __exit__(self, *_: object) -> None:
        """Keep all lines."""

    def started(self, trial: Trial) -> None:
        self._forecast.started(trial)

    def ended(self, outcome: Outcome[Trial, Record]) -> None:
        self._forecast.ended(outcome.assignment, outcome.record)
        self.done += 1
        self.failed += outcome.failure is not None
        self.show(outcome)

    def show(self, outcome: Outcome[Trial, Record]) -> None:
        """Print the outcome of one trial."""
        print(
            f"{self.done}/{self.total} {describe(outcome)}{self.left()}",
            file=sys.stderr,
            flush=True,
        )

    def left(self) -> str:
        """Return `, 3 min left`; empty where that is not known."""
        seconds = self._forecast.left()
        return "" if seconds is None else f", {duration(seconds)} left"

    def interrupted(self) -> None:
        print(
            "stopping when the running trials have ended; Ctrl-C again stops now",
            file=sys.stderr,
            flush=True,
        )


class QuietWatch(PlainWatch):
    """Failures only."""

    def show(self, outcome: Outcome[Trial, Record]) -> None:
        if outcome.failure is not None:
            print(describe(outcome), file=sys.stderr, flush=True)


class JsonWatch(PlainWatch):
    """One JSON object for each trial on stdout."""

    def show(self, outcome: Outcome[Trial, Record]) -> None:
        trial, record = outcome.assignment, outcome.record
        event = {
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
        print(json.dumps(event), flush=True)


class BarWatch(PlainWatch):
    """A progress bar with the last trial and the time that is left."""

    def __init__(self, trials: Sequence[Trial], console: Console) -> None:
        super().__init__(trials)
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
        )
        self._task: TaskID = self._progress.add_task("", total=self.total)

    def __enter__(self) -> BarWatch:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def started(self, trial: Trial) -> None:
        super().started(trial)
        if not self.done:
            self._progress.update(self._task, description=escape(f"{trial.name} begins"))

    def show(self, outcome: Outcome[Trial, Record]) -> None:
        self._progress.update(
            self._task, advance=1, description=escape(describe(outcome) + self.left())
        )
        if outcome.failure is not None:
            self._progress.console.print(escape(describe(outcome)))


def watch(trials: Sequence[Trial], quiet: bool, as_json: bool) -> PlainWatch:
    """Return the display for the kind of output."""
    console = Console(stderr=True)
    if as_json:
        return JsonWatch(trials)
    if quiet:
        return QuietWatch(trials)
    return BarWatch(trials, console) if console.is_terminal else PlainWatch(trials)


def display(quiet: bool, as_json: bool) -> Display:
    """Return all displays of a run."""
    timing = timing_progress.watch(quiet, as_json)
    return Display(show_notice, warn, lambda trials: watch(trials, quiet, as_json), timing)


def describe(outcome: Outcome[Trial, Record]) -> str:
    """Describe the outcome of a trial in one line."""
    trial, record = outcome.assignment, outcome.record
    name = f"{trial.arm.task} {trial.arm.name} seed {trial.seed}"
    if outcome.failure is not None:
        reason = outcome.failure.reason.strip().splitlines() or ["no reason given"]
        return f"{name}: {outcome.failure.kind}: {reason[-1]}"
    if record is None or record.final is None:
        return f"{name}: diverged"
    return f"{name}: {record.final.test_accuracy:.1%}"
