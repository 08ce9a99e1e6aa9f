"""`bench map`: effects over regimes, from several studies that differ in their recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.core.errors import UsageError


def regime_map(
    folder: Annotated[
        Path, typer.Argument(help="A folder of studies (--results of their `bench run`).")
    ],
) -> None:
    """Draw each technique's effect over regimes: a study each, such as more examples or steps."""
    from bench.analysis.frames import trials_frame
    from bench.report.regime_map import write_map
    from bench.storage.store import STUDY, Store

    stores = [Store(path.parent) for path in sorted(folder.glob(f"*/{STUDY}"))]
    studies = [study for store in stores if (study := store.study()) is not None]
    if not studies:
        raise UsageError(f"no study under {folder}; `bench run --results {folder}` makes one")
    trials = {
        study.name: trials_frame(study, store.records().records)
        for study, store in zip(studies, stores, strict=True)
    }
    for path in write_map(studies, trials, folder):
        print(path)
