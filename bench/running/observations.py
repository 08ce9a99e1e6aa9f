"""Trials trained to see how their activations move, and what was seen, kept on the disk."""

from __future__ import annotations

import io
import json
import sys
from hashlib import sha256
from pathlib import Path

import pandas as pd

from bench.analysis.covariate_shift import OBSERVED
from bench.core.environment import muffled
from bench.core.errors import BenchError
from bench.core.study import Study, Trial
from bench.running.training_work import TrainingWork
from bench.storage import machine_lock
from bench.storage.files import read_bytes, write_atomic
from bench.storage.folder_lock import only_writer
from bench.tasks.task import Source
from bench.training.covariate_shift import Observer

FILE = "observations.csv"
KEY = ["task", "arm", "seed", "data", "recipe"]


def observe(study: Study, source: Source, plugins: tuple[Path, ...], folder: Path) -> pd.DataFrame:
    """Train the trials of a study that the folder's file does not have; all rows of the study.

    Written after each trial, so that the same command goes on where one was stopped. Step times
    wait meanwhile.

    Returns:
        `bench.analysis.covariate_shift.OBSERVED`, in the order of the study.

    Raises:
        BenchError: the file cannot be read or written, or is not one of these.
        UsageError: another process writes to the folder.
    """
    with only_writer(folder, "--output"), machine_lock.training():
        return _observe(study, source, plugins, folder / FILE)


def _observe(study: Study, source: Source, plugins: tuple[Path, ...], path: Path) -> pd.DataFrame:
    known = _read(path)
    had = set(known[KEY].itertuples(index=False, name=None))
    work = TrainingWork(study.name, source, study.data, study.settings, plugins)
    observers: dict[tuple[str, str], Observer] = {}
    trials = study.trials()
    for number, trial in enumerate(trials, start=1):
        task, arm = trial.arm.task, trial.arm.name
        if _key(study, trial) in had:
            continue
        with muffled():
            if (task, arm) not in observers:
                observers[task, arm] = Observer(work.compile(trial.arm))
            observer = observers[task, arm]
            observer.run(trial.seed)
        digest = _digest(trial)
        rows = [
            (task, arm, trial.seed, s.step, s.slot, s.shift, study.data[task], digest)
            for s in observer.shifts
        ]
        if rows:
            made = pd.DataFrame(rows, columns=OBSERVED)
            known = pd.concat([known, made]) if len(known) else made
            write_atomic(path, known.to_csv(index=False).encode())
        print(f"{number}/{len(trials)} {task} {arm} seed {trial.seed}", file=sys.stderr)
    wanted = {_key(study, trial): place for place, trial in enumerate(trials)}
    places = pd.Series([wanted.get(key) for key in known[KEY].itertuples(index=False, name=None)])
    known = known.reset_index(drop=True).assign(place=places).dropna(subset="place")
    return known.sort_values("place", kind="stable")[OBSERVED].reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=OBSERVED)
    try:
        found = pd.read_csv(io.BytesIO(read_bytes(path)), dtype={"recipe": str})
        return found[OBSERVED]
    except (ValueError, KeyError) as error:
        raise BenchError(f"{path} is no table of observations ({error}); move it away") from error


def _key(study: Study, trial: Trial) -> tuple[str, str, int, str, str]:
    task = trial.arm.task
    return task, trial.arm.name, trial.seed, study.data[task], _digest(trial)


def _digest(trial: Trial) -> str:
    """Of all that trains the arm: its recipe and its strategies with their parameters."""
    arm = trial.arm.model_dump(mode="json", include={"recipe", "strategies"})
    return sha256(json.dumps(arm, sort_keys=True).encode()).hexdigest()[:16]
