"""Columns of the effects: the detectable difference, and the seeds that a verdict would take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis import verdict
from bench.core.study import Study
from bench.stats.errors import Errors
from bench.stats.power import detectable, sd_range, trials_for_half_width
from bench.stats.simultaneous import unit_level


def add_planning(rows: pd.DataFrame, row_errors: Errors, study: Study) -> pd.DataFrame:
    """Add `mde`, `seeds_low` and `seeds_high` (see `bench.analysis.effects`).

    An interval narrower than the margin cannot be `open`, whatever the effect: it lies inside the
    margins, or leaves out 0. So half a margin is the half-width that decides.

    Args:
        rows: with family, n and margin.
        row_errors: the standard errors of the rows.
        study: the declared family.
    """
    declared = unit_level(verdict.ALPHA, verdict.family_size(study), 0)
    level = np.where(rows["family"] == "confirmatory", declared, verdict.ALPHA / 2)
    half = rows["margin"].to_numpy(dtype=float) / 2
    trials = rows["n"].to_numpy(dtype=float)
    critical = row_errors.law(trials, verdict.first_look(study)).critical(level)
    low, high = (
        trials_for_half_width(row_errors._replace(sd=sd), trials, half, declared)
        for sd in sd_range(row_errors.sd, row_errors.sd_df)
    )
    return rows.assign(
        mde=detectable(row_errors.error, row_errors.df, critical), seeds_low=low, seeds_high=high
    )
