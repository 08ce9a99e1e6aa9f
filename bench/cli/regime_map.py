"""`bench map`: effects over regimes, from several studies that differ in their recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import warn, whole_records
from bench.core.errors import UsageError


def regime_map(
    folder: Annotated[
        Path, typer.Argument(help="A folder of studies (--results of their `bench run`).")
    ],
) -> None:
    """Draw each technique's effect over regimes: a study each, such as more examples or steps."""
    from bench.analysis.frames import trials_frame
    from bench.report.regime_map import write_map
    from bench.storage.store import STUDY, readable_studies

    studies, trials = [], {}
    for study, store in readable_studies(sorted(folder.glob(f"*/{STUDY}")), warn):
        studies.append(study)
        trials[study.name] = trials_frame(study, whole_records(store))
    if not studies:
        raise UsageError(f"no study under {folder}; `bench run --results {folder}` makes one")
    for path in write_map(studies, trials, folder):
        print(path)
