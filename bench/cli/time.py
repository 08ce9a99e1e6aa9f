"""`bench time`: step times and peak memory of a study's arms, alone on the machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, files, names, study_folder
from bench.core.exit_code import ExitCode

EXPORT = "benchmark.json"


def time_study(
    study: shared.StudyName = None,
    processes: Annotated[
        int, typer.Option(help="Fresh processes: the replicates of an interval.", min=1)
    ] = 5,
    tasks: Annotated[
        str | None, typer.Option(help="Only these tasks, separated by commas.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="Of timed blocks for an arm in a process.", min=0.1)
    ] = 5.0,
    memory: Annotated[
        bool, typer.Option("--memory/--no-memory", help="Measure peak memory too.")
    ] = True,
    jobs: Annotated[
        int, typer.Option(help="Memory processes side by side; timing runs alone.", min=1)
    ] = 1,
    data_dir: shared.DataDir = None,
    results: shared.Results = RESULTS,
    export: Annotated[
        Path | None,
        typer.Option(help=f"For `pytest-benchmark compare`; default: {EXPORT} of the study."),
    ] = None,
    plugin: shared.Plugins = None,
    quiet: shared.Quiet = False,
    as_json: shared.AsJson = False,
) -> None:
    """Measure the missing step times of a study's arms beside their baseline."""
    from bench.cli.timing_progress import watch
    from bench.core.errors import unknown
    from bench.report.export import pytest_benchmark
    from bench.running.growth import check_code, check_folder, check_open
    from bench.running.study_run import settled_source
    from bench.running.timing_phase import TimingOptions, missing, phase

    folder = study_folder(results, study)
    stored, store = shared.stored_study(folder)
    listed = names(tasks) or ()
    for task in listed:
        if task not in stored.data:
            raise unknown(f"task of study {stored.name}", task, stored.data)
    check_open(store)
    check_folder(store, stored)
    source = settled_source(stored, data_dir)
    check_code(stored, shared.study_registry(plugin, stored, source))
    options = TimingOptions(
        processes=processes,
        seconds=seconds,
        memory=memory,
        jobs=jobs,
        tasks=listed,
        plugins=files(plugin),
        log_folder=folder / "logs",
    )
    with store.lock():
        store.set_aside(store.step_times().damaged)
        timed = phase(stored, store, source, options, watch(quiet, as_json))
        path = export or folder / EXPORT
        measured = store.step_times().step_times
        if measured:
            pytest_benchmark.export(path, stored, measured)
        unmeasured = len(missing(stored, store, options))
    out = sys.stderr if as_json else sys.stdout
    print(f"{timed.written} step times measured, {unmeasured} missing: {folder}", file=out)
    if measured:
        print(f"for pytest-benchmark compare: {path}", file=out)
    for name, failure in timed.failed.items():
        print(f"not timed: {name}: {failure.reason}", file=sys.stderr)
    if timed.failed:
        raise typer.Exit(ExitCode.FAILED)
