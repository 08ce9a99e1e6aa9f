"""`bench null`: on real records, how often does nothing look like something?"""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.options import RESULTS, Results, study_folder
from bench.core.errors import BenchError, UsageError


def null(
    study: Annotated[
        str | None, typer.Argument(help="A study's name or folder; default: the newest.")
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Split the baseline's seeds into two arms 200 times; at most 9% may look significant."""
    import numpy as np

    from bench.core.study import BASELINE
    from bench.stats.null_splits import LIMIT, SPLITS, false_positive_share
    from bench.storage.store import Store

    store = Store(study_folder(results, study))
    records = store.records().records
    high = []
    for task in sorted({record.task for record in records}):
        accuracy = np.array(
            [
                r.final.test_accuracy
                for r in records
                if (r.task, r.arm) == (task, BASELINE) and r.final
            ]
        )
        if len(accuracy) < 4:
            raise UsageError(
                f"{task} has {len(accuracy)} baseline seeds; --seeds 20 is what it takes"
            )
        share = false_positive_share(accuracy)
        print(
            f"{task}: {len(accuracy)} baseline seeds, sd {100 * accuracy.std(ddof=1):.2f} points; "
            f"{share:.1%} of {SPLITS} random splits have p < .05 (at most {LIMIT:.0%})"
        )
        if share > LIMIT:
            high.append(task)
    if high:
        raise BenchError(f"too many false positives on {', '.join(high)}")
