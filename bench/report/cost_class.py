"""Measured cost of a step beside the cost that its strategy declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bench.core.strategy import COST_LIMITS
from bench.core.study import Study
from bench.report.card import Card


def with_cost_class(
    study: Study, step_times: pd.DataFrame, cards: Mapping[str, Card]
) -> pd.DataFrame:
    """Add the cost that each arm's strategy declares to `Analysis.step_times`.

    Returns:
        The same rows with `cost_class`, `cost_limit` (the largest ratio in that class) and
        `within`: `yes` or `no` where the whole interval of the ratio is on one side of the limit,
        `yes (estimate)` or `no (estimate)` where only the ratio is. They are empty for an arm that adds
            no strategy, or several, to its reference.
    """
    rows: list[Any] = step_times.to_dict("records")
    classes = [_class(study, row["task"], row["arm"], row["reference"], cards) for row in rows]
    limits = [1 + COST_LIMITS[name] if name else np.nan for name in classes]
    within = [_within(row, limit) for row, limit in zip(rows, limits, strict=True)]
    return step_times.assign(cost_class=classes, cost_limit=limits, within=within)


def _class(study: Study, task: str, arm: str, reference: str, cards: Mapping[str, Card]) -> str:
    """Return the class of the only strategy that the arm has and its reference lacks."""
    used = {a.name: {use.name for use in a.strategies} for a in study.arms if a.task == task}
    added = used.get(arm, set()) - used.get(reference, set())
    return cards[added.pop()].cost if len(added) == 1 and added <= cards.keys() else ""


def _within(row: Mapping[str, Any], limit: float) -> str:
    if np.isnan(limit):
        return ""
    answer = "yes" if row["ratio"] <= limit else "no"
    sure = row["high"] <= limit or row["low"] > limit
    return answer if sure else f"{answer} (estimate)"
