"""`bench compact`: a finished study's records in one small file each, fit for git."""

from __future__ import annotations

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder


def compact(study: shared.StudyName = None, results: shared.Results = RESULTS) -> None:
    """Put a study's trials, and its step times, into one file each; everything still reads them."""
    from bench.storage.store import compact as compact_folder

    print(f"trials: {compact_folder(study_folder(results, study))}")
