"""`bench map`: effects over regimes, from several studies that differ in their recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import stored_study
from bench.core.errors import UsageError


def regime_map(
    folder: Annotated[
        Path, typer.Argument(help="A folder of studies (--results of their `bench run`).")
    ],
) -> None:
    """Draw each technique's effect over regimes: a study each, such as more examples or steps."""
    from bench.analysis.frames import trials_frame
    from bench.report.regime_map import write_map
    from bench.storage.store import STUDY

    studies, trials = [], {}
    for path in sorted(folder.glob(f"*/{STUDY}")):
        study, store = stored_study(path.parent)
        studies.append(study)
        trials[study.name] = trials_frame(study, store.records().records)
    if not studies:
        raise UsageError(f"no study under {folder}; `bench run --results {folder}` makes one")
    for path in write_map(studies, trials, folder):
        print(path)
