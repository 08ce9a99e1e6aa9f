"""Verdicts: which comparisons get one, and how it follows from an interval.

Confirmatory: a family declared before the study ran. One set of simultaneous intervals covers it, and
every word is read off an interval. Everything else is exploratory (intervals for one comparison alone,
Benjamini-Hochberg for each metric, no verdict), a smoke run (fewer than five trials), or synthetic data,
on which nothing is judged. A declared comparison gets its verdict when all its seeds are trained.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.core.study import SMOKE_SEEDS, Study
from bench.stats.multiple import benjamini_hochberg

ALPHA = 0.05
LOOKS = (6, 8, 10, 12, 16, 20, 24)
"""Numbers of seeds that a sequential study grows to; its intervals hold at any from the first on."""

BETTER_BY_MARGIN = "better by more than the margin"
BETTER = "better, size unclear"
WITHIN = "within the margin"
WORSE = "worse, size unclear"
WORSE_BY_MARGIN = "worse by more than the margin"
OPEN = "open"
VERDICTS = (BETTER_BY_MARGIN, BETTER, WITHIN, OPEN, WORSE, WORSE_BY_MARGIN)
"""Verdicts, the best first."""
DECIDED = (BETTER_BY_MARGIN, BETTER, WITHIN, WORSE, WORSE_BY_MARGIN)
"""Verdicts that decide a comparison."""

UNFINISHED = "unfinished"
"""Word in place of a verdict while seeds of a declared comparison are missing."""
FIX_BASELINE = "fix the baseline"
"""Word in place of a verdict where the reference diverged: a difference to it means little."""
NOT_COMPARED = "not compared"
WORDS = {
    "exploratory": "exploratory",
    "smoke": "smoke run",
    "synthetic": "synthetic data",
}
"""Family of a comparison -> the word in place of a verdict."""


def read_off(low: float, high: float, margin: float) -> str:
    """Return the verdict that an interval of a gain supports; `OPEN` without an interval.

    It only becomes more definite when the interval shrinks.
    """
    if -margin < low and high < margin:
        return WITHIN
    if low > 0:
        return BETTER_BY_MARGIN if low > margin else BETTER
    if high < 0:
        return WORSE_BY_MARGIN if high < -margin else WORSE
    return OPEN


def small_gain(word: str, low: float, high: float, sign: int) -> bool:
    """Return true if an interval shows a gain that is smaller than the margin.

    Args:
        word: the verdict.
        low, high: the interval of the effect.
        sign: -1 where less of the metric is better, else 1.
    """
    return word == WITHIN and min(sign * low, sign * high) > 0


def family(study: Study, task: str, arm: str, metric: str, n: int) -> str:
    """Return the family of a comparison: `synthetic`, `smoke`, `confirmatory` or `exploratory`."""
    if study.synthetic:
        return "synthetic"
    if n < SMOKE_SEEDS:
        return "smoke"
    declared = metric == study.judged and (task, arm) in study.family
    return "confirmatory" if declared else "exploratory"


def first_look(study: Study) -> int | None:
    """Return the number of seeds at the first look, if seeds are added after it; else None.

    A study that is not sequential was judged there by intervals for a fixed number, which spend all of
    alpha. Nothing is left for a later finding. So both together err in more than 5%: in up to 6% if
    seeds are added as in `LOOKS`, in 8% if they are added without end. Only a smaller alpha of every
    fixed study would avoid that.
    """
    if study.sequential:
        return LOOKS[0]
    return max(2, study.seeds_before[0]) if study.seeds_before else None


def judged_at(study: Study, task: str, arm: str, had: Mapping[tuple[str, str], set[int]]) -> int:
    """Return the number of seeds at which a comparison is judged; 0 while it waits for trials.

    Args:
        had: (task, arm) -> seeds with a record or a failure; a seed that failed is not waited for.
    """
    reference = study.arm(task, arm).reference
    shared = had.get((task, arm), set()) & had.get((task, reference or arm), set())
    least = LOOKS[0] if study.sequential else study.seeds
    return len(shared) if shared.issuperset(study.seed_range(least)) else 0


def family_size(study: Study) -> int:
    """Return the members of the declared family, measured or not; 1 where none was declared."""
    return max(1, len(set(study.family)))


def false_discoveries(effects: pd.DataFrame) -> np.ndarray:
    """Adjust the p values of exploratory rows by Benjamini-Hochberg, each metric by itself.

    Args:
        effects: rows with metric, family, role and p; controls are no hypotheses.

    Returns:
        (rows,) NaN for all other rows.
    """
    result = np.full(len(effects), np.nan)
    counted = (effects["family"] == "exploratory") & (effects["role"] != "control")
    for _, rows in effects[counted].groupby("metric", sort=False):
        places = effects.index.get_indexer(rows.index)
        result[places] = benjamini_hochberg(rows["p"].to_numpy(dtype=float))
    return result


def without_verdict(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Add `p_adjusted` (Benjamini-Hochberg) and `verdict` to rows that are exploratory, with n and p."""
    counted = (rows["n"] >= SMOKE_SEEDS).to_numpy(dtype=bool) & (not study.synthetic)
    p = rows["p"].to_numpy(dtype=float)
    other = WORDS["synthetic" if study.synthetic else "smoke"]
    return rows.assign(
        p_adjusted=benjamini_hochberg(np.where(counted, p, np.nan)),
        verdict=np.where(counted, WORDS["exploratory"], other),
    )


def word(row: pd.Series, sign: int) -> str:
    """Return the verdict of one row of effects, or the word in its place.

    Args:
        sign: -1 where less of the row's metric is better, else 1.
    """
    if row["n"] == 0:
        return NOT_COMPARED
    if row["family"] != "confirmatory":
        return WORDS[row["family"]]
    if row["unfinished"]:
        return UNFINISHED
    if row["reference_diverged"]:
        return FIX_BASELINE
    low, high = sorted((sign * row["low"], sign * row["high"]))
    return read_off(low, high, row["margin"])
