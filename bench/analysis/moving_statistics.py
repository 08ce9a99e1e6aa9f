"""Accuracies and effects under both ways to have the moving statistics of an evaluation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.pairing import Pairing, positions
from bench.core.study import Study

MOVING_STATISTICS = columns(
    "task arm reference n recalibrated moving effect_recalibrated effect_moving"
)

NONE = np.array([], int)


def moving_statistics(study: Study, trials: pd.DataFrame, comparison: Pairing) -> pd.DataFrame:
    """Make a row per arm that was evaluated in both ways (`MOVING_STATISTICS`).

    `recalibrated` and `moving` are mean test accuracies in percent over trials that have both, the
    effects mean differences to the reference in percentage points, over pairs in which either has
    the evaluation (a network without moving statistics has one accuracy, which counts as both).
    """
    accuracy = 100 * trials["test_accuracy"].to_numpy(float)
    gain = trials["statistics_gain"].to_numpy(float)
    both = np.isfinite(gain)
    with_moving = {(a.task, a.name) for a in study.arms if a.recipe.get("statistics") == "moving"}
    keys = zip(trials["task"], trials["arm"], strict=True)
    is_moving = np.array([key in with_moving for key in keys], bool)
    change = np.nan_to_num(gain)
    recalibrated = np.where(is_moving, accuracy + change, accuracy)
    moving = np.where(is_moving, accuracy, accuracy - change)
    pairs, rows = positions(comparison), []
    for arm in study.arms:
        of_arm = both & ((trials["task"] == arm.task) & (trials["arm"] == arm.name)).to_numpy()
        if not of_arm.any():
            continue
        arm_rows, reference_rows = pairs.get(
            (arm.task, arm.name, arm.reference or ""), (NONE, NONE)
        )
        converged = np.isfinite(accuracy[arm_rows] - accuracy[reference_rows])
        differences = [(x[arm_rows] - x[reference_rows])[converged] for x in (recalibrated, moving)]
        effects = [d.mean() if len(d) else np.nan for d in differences]
        means = recalibrated[of_arm].mean(), moving[of_arm].mean()
        rows.append((arm.task, arm.name, arm.reference, int(of_arm.sum()), *means, *effects))
    return pd.DataFrame(rows, columns=MOVING_STATISTICS)
