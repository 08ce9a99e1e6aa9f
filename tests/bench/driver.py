"""A study of fast made-up trials in a process of its own, to be killed: `driver.py FOLDER SECONDS`.

It prints `begun NAME` when a trial starts and `NAME` once its record is reported as written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.core.record import Record
from bench.core.study import Trial
from bench.running.collect import TrainingWatch, collect
from bench.running.executors.executor import Outcome
from bench.running.executors.local import LocalExecutor
from bench.storage.store import Store
from tests.bench.measured import Measure, study


class Tell(TrainingWatch):
    """A watch that prints the names of written records."""

    def started(self, trial: Trial) -> None:
        print(f"begun {trial.name}", flush=True)

    def ended(self, outcome: Outcome[Trial, Record]) -> None:
        print(outcome.assignment.name, flush=True)

    def interrupted(self) -> None:
        print("interrupted", flush=True)


def main(folder: Path, seconds: float) -> int:
    store = Store(folder)
    asked = study(["baseline", "mixup", "cutmix"], seeds=8)
    with store.lock():
        if store.study() is None:
            store.write_study(asked)
        store.set_aside(store.records().damaged)
        missing = store.missing(asked)
        executor = LocalExecutor(2, log_folder=folder / "logs")
        try:
            return (
                130
                if collect(store, executor, missing, Measure(seconds), Tell()).interrupted
                else 0
            )
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
