"""Trials trained to observe how their activations move, and the file of the observations."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pandas as pd

from bench.analysis.covariate_shift import OBSERVED
from bench.core.canonical import canonical_hash
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
    """Train the trials that are missing in the folder's file; return all rows of the study.

    The file is written after each trial, so an interrupted command continues. Step times wait until
    it ends.

    Returns:
        `bench.analysis.covariate_shift.OBSERVED`, in the order of the study.

    Raises:
        BenchError: the file cannot be read or written, or is no file of observations.
        UsageError: another process writes to the folder.
    """
    with only_writer(folder, "--output"), machine_lock.training():
        return _observe(study, source, plugins, folder / FILE)


def _observe(study: Study, source: Source, plugins: tuple[Path, ...], path: Path) -> pd.DataFrame:
    rows = _read(path)
    stored = set(_keys(rows))
    work = TrainingWork(
        study.name, source, study.data, study.settings, plugins, own_tasks=study.own_tasks
    )
    observers: dict[tuple[str, str], Observer] = {}
    trials = study.trials()
    for number, trial in enumerate(trials, start=1):
        key = _key(study, trial)
        if key in stored:
            continue
        task, arm, seed, data, recipe = key
        with muffled():
            if (task, arm) not in observers:
                observers[task, arm] = Observer(work.compile(trial.arm))
            observer = observers[task, arm]
            observer.run(seed)
        if observer.shifts:
            new = [
                (task, arm, seed, s.step, s.slot, s.shift, data, recipe) for s in observer.shifts
            ]
            more = pd.DataFrame(new, columns=OBSERVED)
            rows = pd.concat([rows, more]) if len(rows) else more
            write_atomic(path, rows.to_csv(index=False).encode())
        print(f"{number}/{len(trials)} {task} {arm} seed {seed}", file=sys.stderr)
    place = {_key(study, trial): number for number, trial in enumerate(trials)}
    places = pd.Series([place.get(key) for key in _keys(rows)])
    rows = rows.reset_index(drop=True).assign(place=places).dropna(subset="place")
    return rows.sort_values("place", kind="stable")[OBSERVED].reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=OBSERVED)
    try:
        return pd.read_csv(io.BytesIO(read_bytes(path)), dtype={"recipe": str})[OBSERVED]
    except (ValueError, KeyError) as error:
        raise BenchError(f"{path} is no table of observations ({error}); move it away") from error


def _keys(rows: pd.DataFrame) -> list[tuple[str, str, int, str, str]]:
    return list(rows[KEY].itertuples(index=False, name=None))


def _key(study: Study, trial: Trial) -> tuple[str, str, int, str, str]:
    """Return the values of KEY; the recipe is a hash of the arm's recipe and strategies."""
    arm = trial.arm
    digest = canonical_hash(arm.model_dump(mode="json", include={"recipe", "strategies"}))
    return arm.task, arm.name, trial.seed, study.data[arm.task], digest
