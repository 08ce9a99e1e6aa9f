"""The committed step times keep the cost classes that the strategies declare.

A strategy that was never timed is not asked: the report warns of a class that a measurement exceeds.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.core.strategy import COST_LIMITS
from bench.plugins.registry import find

RESULTS = Path(__file__).resolve().parents[2] / "results"
STRATEGIES = find().strategies


def timed() -> list[tuple[str, str, float]]:
    """Return study, strategy and the measured ratio of each single strategy in the catalogues."""
    rows = []
    for path in sorted(RESULTS.glob("catalogue-*/tables/step_times.csv")):
        table = pd.read_csv(path)
        for row in table[table["arm"].isin(STRATEGIES)].itertuples():
            rows.append((path.parents[1].name, str(row.arm), float(row.ratio)))
    return rows


@pytest.mark.parametrize(("study", "name", "ratio"), timed())
def test_a_measured_step_costs_what_the_strategy_declares(
    study: str, name: str, ratio: float
) -> None:
    cost = STRATEGIES[name].facts.cost
    assert ratio <= 1 + COST_LIMITS[cost], f"{study}: {name} is {cost} and took x{ratio:.3f}"
