"""`bench compact`: a finished study's records in one small file each, fit for git."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder


def compact(
    study: shared.StudyName = None,
    results: shared.Results = RESULTS,
    undo: Annotated[
        bool, typer.Option("--undo", help="Open a finished study: a file for each record again.")
    ] = False,
) -> None:
    """Put a finished study's trials, and its step times, into one file each; no run changes it."""
    from bench.storage import store

    change = store.expand if undo else store.compact
    print(f"trials: {change(study_folder(results, study))}")
