"""A/A comparisons: baselines under other random streams, in other processes, judged by the real engine.

Nothing differs between an A/A arm and its baseline, so an interval without zero is a false finding.
Random halves of the seeds of one arm could never show one: the split makes both halves alike, whatever
the engine or the machine does. This comparison shows a drift, a leak between trials, or an interval
that is too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from bench.analysis.effects import effects
from bench.analysis.pairing import contrasts, pair
from bench.analysis.verdict import ALPHA
from bench.core.study import Study

LIMIT = 0.01
"""Combined p of all comparisons below which A/A arms differ from their baselines."""


class Agreement(NamedTuple):
    """Summary of A/A comparisons."""

    comparisons: int
    """Number of studies and tasks; A/A arms of one baseline count once, since they share its noise."""
    false_findings: int
    """Number of comparisons with p below 5%, adjusted for their A/A arms."""
    p: float
    """Fisher's combined p of no difference in any of them; 1 without a comparison."""

    @property
    def holds(self) -> bool:
        """True if the A/A arms differ no more than by chance."""
        return self.p >= LIMIT


def null_comparisons(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """Make a row per A/A arm with two trials or more: the rows of its effect on the judged metric.

    Intervals are for one comparison alone (95%), whatever the study declared.
    """
    controls = {(arm.task, arm.name) for arm in study.arms if arm.role == "control"}
    compared = [
        contrast for contrast in contrasts(study) if (contrast.task, contrast.arm) in controls
    ]
    undeclared = study.model_copy(update={"family": ()})
    # The variances of all arms have a common level, so all of them are analysed.
    rows = effects(undeclared, trials, pair(trials, contrasts(study)), contrasts(study))
    keys = {(contrast.task, contrast.arm) for contrast in compared}
    ours = [key in keys for key in zip(rows["task"], rows["arm"], strict=True)]
    judged = rows["judged"] & (rows["n"] > 1)
    return rows[judged & np.array(ours, dtype=bool)].assign(study=study.name)


def agreement(rows: Sequence[pd.DataFrame]) -> Agreement:
    """Sum up the A/A comparisons of several studies.

    Args:
        rows: of `null_comparisons`, one frame a study.
    """
    groups = [
        group["p"].dropna().to_numpy(dtype=float)
        for frame in rows
        for _, group in frame.groupby(["study", "task"], sort=False)
    ]
    adjusted = np.array([min(1.0, len(p) * p.min()) for p in groups if len(p)])
    if not len(adjusted):
        return Agreement(0, 0, 1.0)
    combined = float(stats.combine_pvalues(np.maximum(adjusted, 1e-300), method="fisher").pvalue)
    return Agreement(len(adjusted), int((adjusted < ALPHA).sum()), combined)
