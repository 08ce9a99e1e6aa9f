"""The baseline of each task: its regime, which every table states, and warnings about it."""

from __future__ import annotations

import pandas as pd

from bench.analysis.columns import columns
from bench.core.study import Study
from bench.stats.paired import t_interval

SMALL_GAP = 5.0
"""Gap, percentage points, under which regularizers are expected to hurt."""
UNDERFITS = (
    "the baseline underfits (gap under 5 points): regularizers are expected to hurt in this regime"
)
LAG = 2.0
"""Points of test accuracy between the two kinds of statistics above which a warning is due."""
ONE_SUBSET = "conditional on one training subset"
"""Heading of a task whose trials all share their training examples."""
COLUMNS = columns(
    "task arm n train_accuracy test_accuracy gap low high diverged conditional warning"
)


def one_subset(trials: pd.DataFrame) -> set[str]:
    """Return the tasks in which all trials of an arm have the same training examples.

    Intervals of such a task cover other seeds, but not other training subsets. Trials that draw their
    own examples from a pool record its hash.

    Args:
        trials: as `bench.analysis.frames.trials_frame` makes it.
    """
    trained = trials[trials["status"] != "failed"]
    return {str(task) for task in trained.loc[trained["pool_hash"] == "", "task"]}


def baselines(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """Make a row per baseline arm.

    Mean accuracies (fractions) and the gap, train - test, in percentage points with its 95% t
    interval over trials, diverged ones left out. `conditional` is `ONE_SUBSET` or empty. `warning`:
    trials diverged, the gap is under 5 points, or moving statistics lag.
    """
    rows, shared = [], one_subset(trials)
    for arm in (arm for arm in study.arms if arm.role == "baseline"):
        of_arm = trials[(trials["task"] == arm.task) & (trials["arm"] == arm.name)]
        if of_arm.empty:
            continue
        good = of_arm[of_arm["status"] == "ok"]
        gap = 100 * (good["train_accuracy"] - good["test_accuracy"]).dropna().to_numpy()
        mean, low, high = t_interval(gap)
        diverged = int((of_arm["status"] == "diverged").sum())
        warnings = [fix_baseline(diverged, len(of_arm))] if diverged else []
        warnings += [UNDERFITS] if mean < SMALL_GAP else []
        gain = good["statistics_gain"].mean()
        warnings += [lagging(gain)] if abs(gain) > LAG else []
        rows.append(
            {
                "task": arm.task,
                "arm": arm.name,
                "n": len(gap),
                "train_accuracy": good["train_accuracy"].mean(),
                "test_accuracy": good["test_accuracy"].mean(),
                "gap": mean,
                "low": low,
                "high": high,
                "diverged": diverged,
                "conditional": ONE_SUBSET if arm.task in shared else "",
                "warning": "; ".join(warnings),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def lagging(gain: float) -> str:
    """Return the warning that moving averages of normalization layers do not fit the weights."""
    return (
        f"moving statistics lag: recalibrated ones change the baseline's test accuracy by {gain:+.1f} "
        "points (recipe.statistics; a lower momentum of the normalization helps)"
    )


def fix_baseline(diverged: int, trials: int) -> str:
    """Return the warning for a baseline that diverges, which is the finding itself."""
    return (
        f"fix the baseline: it diverged in {diverged} of {trials} trials (lower its learning rate, or "
        "raise its warm-up); comparisons with it get no verdict"
    )
