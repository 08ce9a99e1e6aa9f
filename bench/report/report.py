"""The report of a study: tables first, then plots, then the page."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from bench.analysis.analysis import Analysis, analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.analysis.pairing import contrasts, pair
from bench.core.errors import BenchError
from bench.core.failure import Failure
from bench.core.record import Record, StepTime, trial_name
from bench.core.study import Study
from bench.plugins.registry import Registry
from bench.report.advice import story
from bench.report.card import Card, cards
from bench.report.environments import places
from bench.report.gallery import Frames, gallery
from bench.report.page import Extra, Failed, page
from bench.report.plots.curves import curve_bands
from bench.report.study_tables import study_tables
from bench.report.tables import write_table
from bench.storage.files import write_atomic
from bench.storage.records import damage_lines
from bench.storage.store import STEP_TIME, Loaded, LoadedStepTimes, Store


@dataclass(frozen=True)
class ReportPaths:
    """Folders and files of a report, and its problems."""

    tables: Path
    plots: Path
    page: Path
    analysis: Analysis
    problems: tuple[str, ...]
    """A line for each plot that could not be drawn, and for records that were set aside."""


def write_report(
    study: Study,
    records: Sequence[Record],
    step_times: Sequence[StepTime],
    folder: Path,
    cards: Mapping[str, Card],
    failures: Mapping[str, Failure] | None = None,
    problems: Sequence[str] = (),
) -> ReportPaths:
    """Write `tables/`, `plots/` and `report.html` into the study's folder.

    The tables are on the disk before the first plot is drawn. Each file is written whole or not at all.

    Args:
        cards: Facts of strategies by name; a strategy without a card is shown without one.
        failures: Trial name -> why it has no record.
        problems: Lines for the page, such as damaged records that were set aside.

    Raises:
        BenchError: the folder cannot be written, or a record belongs to no arm of the study.
    """
    failed = _failed(study, failures or {})
    trials = trials_frame(study, records, [(f.task, f.arm, f.seed) for f in failed])
    curves = curves_frame(records)
    analysis = analyse(study, trials, curves, step_times_frame(step_times))
    for table in study_tables(study, analysis, trials, cards):
        write_table(table, folder / "tables")
    frames = Frames(trials, differences(study, trials), curve_bands(curves, trials))
    drawn = gallery(study, analysis, frames)
    for plot in chain.from_iterable(drawn.plots.values()):
        plot.write(folder / "plots")
    problems = (*problems, *drawn.problems)
    html = page(
        study,
        analysis,
        frames.points,
        frames.bands,
        drawn.plots,
        Extra(cards, failed, problems, places(records, step_times), story(folder)),
    )
    path = folder / "report.html"
    write_atomic(path, html.encode())
    return ReportPaths(folder / "tables", folder / "plots", path, analysis, problems)


def analysed(study: Study, store: Store) -> Analysis:
    """Analyse a stored study without writing anything."""
    records, failed = store.records().records, _failed(study, store.failures())
    trials = trials_frame(study, records, [(f.task, f.arm, f.seed) for f in failed])
    times = step_times_frame(store.step_times().step_times)
    return analyse(study, trials, curves_frame(records), times)


def report_study(study: Study, store: Store, registry: Registry) -> ReportPaths:
    """Write the report of a study from its store.

    Raises:
        BenchError: the study is finished, and records behind its tables are missing or damaged.
    """
    loaded, timed = store.records(), store.step_times()
    missing = missing_trials(study, loaded, store)
    _check_finished(study, store, loaded, timed, missing)
    problems = [
        *damage_lines(loaded.damaged, len(loaded.records)),
        *damage_lines(timed.damaged, len(timed.step_times)),
    ]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        problems.append(f"{len(missing)} of {len(study.trials())} trials {verb} missing")
    return write_report(
        study,
        loaded.records,
        timed.step_times,
        store.folder,
        cards(registry.strategies),
        store.failures(),
        problems,
    )


def missing_trials(study: Study, loaded: Loaded, store: Store) -> list[str]:
    """Name the trials of a study that have neither a readable record nor a note of a failure."""
    ended = {record.trial for record in loaded.records} | store.failures().keys()
    return [trial.name for trial in study.trials() if trial.name not in ended]


def _check_finished(
    study: Study,
    store: Store,
    loaded: Loaded,
    timed: LoadedStepTimes,
    missing: Sequence[str],
) -> None:
    """Refuse to write over the tables of a finished study that has lost records.

    A study without any record, whose tables have trials, was finished too: its archive is gone.
    """
    tables = store.folder / "tables"
    if not tables.is_dir() or not (store.is_compact() or not loaded.records):
        return
    shown = _trials_in(tables / "trials.csv")
    names = {record.trial for record in loaded.records}
    lost = {*missing} if shown is None else shown - names
    if lost or (loaded.damaged and store.is_compact()):
        declared = {trial.name for trial in study.trials()}
        gone = {*missing, *lost}
        count = len(gone) or len(loaded.damaged)
        verb = "is" if count == 1 else "are"
        raise BenchError(
            f"{count} of {len(declared | gone)} trials of this study {verb} missing or damaged; "
            f"its tables are kept: restore {store.folder / 'trials.jsonl.gz'}"
        )
    if timed.damaged and store.is_compact():
        (line, *_) = damage_lines(timed.damaged, len(timed.step_times))
        raise BenchError(f"{line}; the tables of this study are kept")
    if line := lost_step_times(store, timed):
        raise BenchError(f"{line}; the tables of this study are kept")


def lost_step_times(store: Store, timed: LoadedStepTimes) -> str:
    """Say that a finished study has lost the step times of its table; empty if it has not."""
    table = store.folder / "tables" / "step_times.csv"
    if timed.step_times or not store.is_compact() or not _has_rows(table):
        return ""
    archive = store.folder / f"{STEP_TIME}.jsonl.gz"
    return (
        f"the step times of this study are lost, and {table} has figures of them: restore {archive}"
    )


def _has_rows(path: Path) -> bool:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return any(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return False


def _trials_in(path: Path) -> set[str] | None:
    """Name the trials with figures in a table of trials; None if it cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {
                trial_name(row["task"], row["arm"], int(row["seed"]))
                for row in csv.DictReader(file)
                if row["status"] != "failed"
            }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def differences(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """Compute raw effects: a row per arm and seed that is compared with its reference.

    Returns:
        task, arm, seed, difference (of the judged metric, in its unit).
    """
    pairs = pair(trials, contrasts(study)).pairs
    metric = study.metric
    values = metric.scale * trials[metric.name].to_numpy(dtype=float)
    arm_rows, reference_rows = (
        pairs["row"].to_numpy(dtype=int),
        pairs["reference_row"].to_numpy(dtype=int),
    )
    return pairs[["task", "arm", "seed"]].assign(
        difference=values[arm_rows] - values[reference_rows]
    )


def _failed(study: Study, failures: Mapping[str, Failure]) -> list[Failed]:
    return [
        Failed(trial.arm.task, trial.arm.name, trial.seed, f"{failure.kind}: {failure.reason}")
        for trial in study.trials()
        if (failure := failures.get(trial.name)) is not None
    ]
