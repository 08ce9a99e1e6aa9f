"""`bench null`: the rate of false findings in the baseline's own records."""

from __future__ import annotations

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder
from bench.core.errors import BenchError, UsageError


def null(study: shared.StudyName = None, results: shared.Results = RESULTS) -> None:
    """Split the baseline's seeds into two arms 200 times; at most 9% may look significant."""
    import numpy as np

    from bench.core.study import BASELINE
    from bench.stats.null_splits import LIMIT, SPLITS, false_positive_share

    _, store = shared.stored_study(study_folder(results, study))
    accuracies: dict[str, list[float]] = {}
    for record in store.records().records:
        scores = accuracies.setdefault(record.task, [])
        if record.arm == BASELINE and record.final:
            scores.append(record.final.test_accuracy)
    high = []
    for task, scores in sorted(accuracies.items()):
        if len(scores) < 4:
            raise UsageError(
                f"{task} has {len(scores)} baseline seeds; --seeds 20 is what it takes"
            )
        accuracy = np.array(scores)
        share = false_positive_share(accuracy)
        print(
            f"{task}: {len(scores)} baseline seeds, sd {100 * accuracy.std(ddof=1):.2f} points; "
            f"{share:.1%} of {SPLITS} random splits have p < .05 (at most {LIMIT:.0%})"
        )
        if share > LIMIT:
            high.append(task)
    if high:
        raise BenchError(f"too many false positives on {', '.join(high)}")
