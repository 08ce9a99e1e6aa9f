"""What the baseline of each task reached: the regime that every table has to state."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from bench.analysis.columns import columns
from bench.core.study import Study

SMALL_GAP = 5.0
"""Percentage points of gap under which regularizers are expected to hurt."""
UNDERFITS = (
    "the baseline underfits (gap under 5 points): regularizers are expected to hurt in this regime"
)
COLUMNS = columns("task arm n train_accuracy test_accuracy gap low high diverged warning")


def baselines(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """A row per baseline arm.

    Mean accuracies (fractions) and the gap, train - test, in percentage points with its 95% t
    interval over seeds, diverged ones left out; `warning` where the gap is under 5 points.
    """
    rows = []
    for arm in study.arms:
        own = trials[(trials["task"] == arm.task) & (trials["arm"] == arm.name)]
        if arm.role != "baseline" or own.empty:
            continue
        good = own[own["status"] == "ok"]
        gap = 100 * (good["train_accuracy"] - good["test_accuracy"]).dropna().to_numpy()
        n = len(gap)
        mean = gap.mean() if n else np.nan
        half = stats.t.isf(0.025, n - 1) * gap.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
        rows.append(
            {
                "task": arm.task,
                "arm": arm.name,
                "n": n,
                "train_accuracy": good["train_accuracy"].mean(),
                "test_accuracy": good["test_accuracy"].mean(),
                "gap": mean,
                "low": mean - half,
                "high": mean + half,
                "diverged": int((own["status"] == "diverged").sum()),
                "warning": UNDERFITS if mean < SMALL_GAP else "",
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)
