"""Standard errors, intervals and p values of the rows of a table of effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.analysis import verdict
from bench.core.study import Study
from bench.stats.errors import Errors, Sample, common_level, errors
from bench.stats.laws import AnyLook, FixedLook, Law
from bench.stats.shrinkage import shrunk
from bench.stats.simultaneous import simultaneous, unit_level


def standard_errors(rows: pd.DataFrame, samples: Sequence[Sample]) -> Errors:
    """Return the standard errors of rows, moderated within each task and metric.

    Args:
        rows: task and metric of each sample, numbered from 0.
        samples: a sample per row.
    """
    columns = [np.full(len(samples), np.nan) for _ in Errors._fields]
    for places in rows.groupby(["task", "metric"], sort=False).indices.values():
        group = [samples[place] for place in places]
        for column, part in zip(columns, errors(group, common_level(group)), strict=True):
            column[places] = part
    return Errors(*columns)


def usable_errors(row_errors: Errors) -> np.ndarray:
    """Return the standard errors, NaN where all differences are equal."""
    return np.where(row_errors.error > 0, row_errors.error, np.nan)


def intervals_alone(
    effect: np.ndarray, row_errors: Errors, law: Law, level: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return low, high and the two-sided p of no difference, each row by itself.

    Args:
        effect: (rows,).
        row_errors: their standard errors.
        law: of the errors.
        level: one-sided level of the intervals, a number or (rows,).
    """
    error = usable_errors(row_errors)
    half = law.critical(level) * error
    p = np.minimum(2 * law.p(np.abs(effect) / error), 1.0)
    return effect - half, effect + half, np.where(np.isfinite(error), p, np.nan)


def add_intervals(rows: pd.DataFrame, row_errors: Errors, study: Study) -> pd.DataFrame:
    """Add the columns that `bench.analysis.effects` describes, from `error` to `shrunk`.

    Args:
        rows: task, metric, reference, n, effect, sign_flip_p, family, role, margin, unfinished,
            reference_diverged; numbered from 0.
        row_errors: their standard errors.
        study: the declared family, and whether seeds were added.
    """
    size = verdict.family_size(study)
    effect, usable = rows["effect"].to_numpy(dtype=float), usable_errors(row_errors)
    law = row_errors.law(rows["n"].to_numpy(dtype=float), verdict.first_look(study))
    confirmatory = (rows["family"] == "confirmatory").to_numpy()
    level = np.where(confirmatory, unit_level(verdict.ALPHA, size, 0), verdict.ALPHA / 2)
    low, high, p = intervals_alone(effect, row_errors, law, level)
    rows = rows.assign(
        error=row_errors.error, df=row_errors.df, moderated_sd=row_errors.sd,
        trial_error=row_errors.trial_error,
        example_error=np.where(np.isfinite(row_errors.examples), row_errors.example_error, np.nan),
        residual_error=row_errors.residual_error, examples=row_errors.examples,
        low=low, high=high, p=p,
    )  # fmt: skip
    _without_error(rows)
    rows["p_adjusted"] = verdict.false_discoveries(rows)
    open_to_judge = ~rows["unfinished"] & ~rows["reference_diverged"] & (rows["n"] > 0)
    judged = np.flatnonzero(confirmatory & open_to_judge.to_numpy(dtype=bool))
    if len(judged):
        margin = rows["margin"].to_numpy(dtype=float)[judged]
        intervals = simultaneous(
            effect[judged], usable[judged], _of(law, judged), margin, size, verdict.ALPHA
        )
        has_error = np.isfinite(usable[judged])
        measured = judged[has_error]
        rows.loc[measured, "low"], rows.loc[measured, "high"] = (
            intervals.low[has_error],
            intervals.high[has_error],
        )
        rows.loc[measured, "p_adjusted"] = intervals.p[has_error]
    several = isinstance(law, AnyLook)
    fixed = FixedLook(row_errors.df).critical(level)
    rows["price"] = law.critical(level) / fixed if several else np.nan
    rows["shrunk"] = _shrunk(rows)
    return rows


def _of(law: Law, places: np.ndarray) -> Law:
    """Return the law of some of the estimates."""
    return type(law)(**{name: values[places] for name, values in vars(law).items()})


def _without_error(rows: pd.DataFrame) -> None:
    """Set the figures of rows whose differences are all equal: 0 for no difference, else no interval."""
    equal = rows["error"] == 0
    rows.loc[equal, "p"] = rows.loc[equal, "sign_flip_p"]
    nothing = equal & (rows["effect"].abs() <= 1e-12)
    rows.loc[nothing, ["low", "high"]] = 0.0


def _shrunk(rows: pd.DataFrame) -> np.ndarray:
    """Return effects drawn toward the mean of their metric's, among arms with one reference."""
    result = np.full(len(rows), np.nan)
    treated = rows[rows["role"] != "control"]
    for _, group in treated.groupby(["task", "reference", "metric"], sort=False):
        places = rows.index.get_indexer(group.index)
        result[places] = shrunk(
            group["effect"].to_numpy(dtype=float), group["error"].to_numpy(dtype=float)
        )
    return result
