"""`bench time`: step times and peak memory of a study's arms, alone on the machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import RESULTS, Plugins, Results, names, study_folder

EXPORT = "benchmark.json"


def time_study(
    study: Annotated[
        str | None, typer.Argument(help="A study's name or folder; default: the newest.")
    ] = None,
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
    data_dir: Annotated[
        Path | None, typer.Option(help="Prepared tensorflow-datasets; default: TFDS_DATA_DIR.")
    ] = None,
    results: Results = RESULTS,
    export: Annotated[
        Path | None,
        typer.Option(help=f"For `pytest-benchmark compare`; default: {EXPORT} of the study."),
    ] = None,
    plugin: Plugins = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Failures and paths only.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object a line on stdout, the rest on stderr.")
    ] = False,
) -> None:
    """Measure step times of a study's arms beside their baseline, only what is missing."""
    from bench.cli.timing_progress import watch
    from bench.core.errors import UsageError, unknown
    from bench.report.export import pytest_benchmark
    from bench.running.timing_phase import TimingOptions, missing, phase
    from bench.storage.store import Store
    from bench.tasks.task import Source

    store = Store(study_folder(results, study))
    with store.lock():
        found = store.study()
        if found is None:
            raise UsageError(f"{store.folder} holds no study")
        for task in names(tasks) or ():
            if task not in found.data:
                raise unknown(f"task of study {found.name}", task, found.data)
        store.set_aside(store.step_times().damaged)
        options = TimingOptions(
            processes=processes,
            seconds=seconds,
            memory=memory,
            jobs=jobs,
            tasks=names(tasks) or (),
            plugins=tuple(path.expanduser().resolve() for path in plugin or ()),
            log_folder=store.folder / "logs",
        )
        source = Source("synthetic" if found.synthetic else "tfds", data_dir)
        timed = phase(found, store, source, options, watch(quiet, as_json))
        path = export or store.folder / EXPORT
        measured = store.step_times().step_times
        if measured:
            pytest_benchmark.export(path, found, measured)
        left = len(missing(found, store, options))
    told = sys.stderr if as_json else sys.stdout
    print(f"{timed.written} step times measured, {left} missing: {store.folder}", file=told)
    if measured:
        print(f"for pytest-benchmark compare: {path}", file=told)
    for name, failure in timed.failed.items():
        print(f"not timed: {name}: {failure.reason}", file=sys.stderr)
    if timed.failed:
        raise typer.Exit(1)
