"""`bench compact`: a finished study's records in one small file each, fit for git."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.options import RESULTS, Results, study_folder


def compact(
    study: Annotated[
        str | None, typer.Argument(help="A study's name or folder; default: the newest.")
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Put a study's trials, and its step times, into one file each; everything still reads them."""
    from bench.storage.store import compact as compact_folder

    print(f"trials: {compact_folder(study_folder(results, study))}")
