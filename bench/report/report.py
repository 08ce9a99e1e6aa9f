"""The report of a study: tables first, then plots, then the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from bench.analysis.analysis import Analysis, analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.analysis.pairing import contrasts, pair
from bench.core.failure import Failure
from bench.core.record import Record, StepTime
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
from bench.storage.store import Store


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
    """Write the report of a study from its store."""
    loaded, timed = store.records(), store.step_times()
    damaged = (*loaded.damaged, *timed.damaged)
    problems = [f"{item.path.name} is damaged and not read: {item.reason}" for item in damaged]
    return write_report(
        study,
        loaded.records,
        timed.step_times,
        store.folder,
        cards(registry.strategies),
        store.failures(),
        problems,
    )


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
