"""`bench compact`: a finished study's records in one small file each, fit for git."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder
from bench.core.errors import UsageError


def compact(
    study: shared.StudyName = None,
    results: shared.Results = RESULTS,
    undo: Annotated[
        bool, typer.Option("--undo", help="Open a finished study: a file for each record again.")
    ] = False,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Finish a study of which trials are missing.")
    ] = False,
) -> None:
    """Put a finished study's trials, and its step times, into one file each; no run changes it."""
    from bench.advising.advice import ADVICE
    from bench.storage import store

    folder = study_folder(results, study)
    # `bench advise` declares more trials for its choice than its budget has time for.
    of_advice = (folder.resolve().parent / ADVICE).is_file()
    if not (undo or unfinished or of_advice):
        stored, files = shared.stored_study(folder)
        missing = len(files.missing(stored))
        if missing:
            verb = "is" if missing == 1 else "are"
            raise UsageError(
                f"{missing} of {len(stored.trials())} trials {verb} missing; run the study to the "
                "end, or pass --unfinished"
            )
    if not undo and not store.Store(folder).names():
        raise UsageError(f"{folder} has no trial yet; `bench run` trains them")
    change = store.expand if undo else store.compact
    print(f"trials: {change(folder)}")
