"""From p values to words: families, adjustments for many comparisons, verdicts.

Confirmatory: a family declared before the study ran, Holm-adjusted paired t, Bonferroni intervals.
Everything else is exploratory (Benjamini-Hochberg, no verdict), a smoke run (under 5 seeds), or
synthetic data, on which nothing is judged. A declared comparison gets its verdict when all its seeds
are trained: who may look at verdicts on the way and stop finds differences that are not there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.core.metric import judged_metric
from bench.core.study import SMOKE_SEEDS, Study
from bench.stats.multiple import benjamini_hochberg, holm

ALPHA = 0.05
MARGIN = 1.0
"""Margin of practical relevance where the study names none, percentage points."""
LOOKS = (6, 10, 16, 24)
"""Seeds at which a sequential study is judged, each time at a quarter of alpha."""
UNFINISHED = "unfinished"
"""In place of a verdict while seeds of a declared comparison are to come."""
WORDS = {
    "exploratory": "exploratory",
    "smoke": "smoke run",
    "synthetic": "synthetic data",
}
DECIDED = ("helps", "hurts", "negligible", "equivalent")
"""The verdicts that settle a question; the other one is `inconclusive`."""


def family(study: Study, task: str, arm: str, metric: str, n: int) -> str:
    """`synthetic`, `smoke`, `confirmatory` or `exploratory`: what a comparison belongs to."""
    if study.synthetic:
        return "synthetic"
    if n < SMOKE_SEEDS:
        return "smoke"
    declared = metric == judged_metric().name and (task, arm) in study.family
    return "confirmatory" if declared else "exploratory"


def judged_at(study: Study, task: str, arm: str, had: Mapping[tuple[str, str], set[int]]) -> int:
    """The number of seeds that a comparison is judged at: all, or the last look that it reached.

    0 while it waits for trials.

    Args:
        had: (task, arm) -> seeds with a record or a failure; a seed that failed is not waited for.
    """
    reference = study.arm(task, arm).reference
    both = had.get((task, arm), set()) & had.get((task, reference or arm), set())
    sizes = LOOKS if study.sequential else (study.seeds,)
    return max((size for size in sizes if both.issuperset(range(size))), default=0)


def family_size(study: Study) -> int:
    """Members of the declared family, measured or not; 1 where none was declared."""
    return max(1, len(set(study.family)))


def interval_alpha(study: Study, families: pd.Series, alpha: float) -> np.ndarray:
    """1 - level of each interval: Bonferroni over the whole declared family if confirmatory."""
    return np.where(families == "confirmatory", alpha / family_size(study), alpha)


def adjusted(effects: pd.DataFrame, study: Study) -> np.ndarray:
    """p_adjusted per row of `effects` (p, family, unfinished): Holm or Benjamini-Hochberg.

    NaN elsewhere, and where a comparison is unfinished: in Holm it counts as p = 1 until then.
    """
    result = np.full(len(effects), np.nan)
    p = effects["p"].where(~effects["unfinished"]).to_numpy(dtype=float)
    confirmatory = (effects["family"] == "confirmatory").to_numpy()
    exploratory = (effects["family"] == "exploratory").to_numpy()
    result[confirmatory] = holm(p[confirmatory], family_size(study))
    result[exploratory] = benjamini_hochberg(p[exploratory])
    return result


def word(row: pd.Series, alpha: float) -> str:
    """The verdict of one row of `effects`, with p_adjusted."""
    if row["n"] == 0:
        return "not compared"
    if row["family"] != "confirmatory":
        return WORDS[row["family"]]
    if row["unfinished"]:
        return UNFINISHED
    if row["p_adjusted"] < alpha:
        if -row["margin"] < row["low"] and row["high"] < row["margin"]:
            return "negligible"
        return "helps" if row["effect"] > 0 else "hurts"
    return "equivalent" if row["tost_p"] < alpha else "inconclusive"
