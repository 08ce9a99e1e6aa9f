"""`bench report`: tables, plots and page of what a study measured so far."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.options import RESULTS, Plugins, Results, study_folder


def report(
    study: Annotated[
        str | None, typer.Argument(help="A study's name or folder; default: the newest.")
    ] = None,
    results: Results = RESULTS,
    plugin: Plugins = None,
) -> None:
    """Write the tables, plots and page of a study from its records."""
    from bench.cli.summary import print_paths
    from bench.core.errors import UsageError
    from bench.plugins.registry import find
    from bench.report.report import report_study
    from bench.storage.store import Store

    store = Store(study_folder(results, study))
    found = store.study()
    if found is None:
        raise UsageError(f"{store.folder} holds no study")
    paths = report_study(found, store, find(plugin or ()))
    print_paths(paths)
