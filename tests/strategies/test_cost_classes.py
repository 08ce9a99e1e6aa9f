"""Every strategy's step costs what it declares, by the committed step times."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.core.strategy import COST_LIMITS
from bench.plugins.registry import find

RESULTS = Path(__file__).resolve().parents[2] / "results"
STRATEGIES = find().strategies


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    tables = [
        pd.read_csv(RESULTS / f"catalogue-{task}" / "tables" / "step_times.csv")
        for task in ("cifar10", "imdb")
    ]
    return pd.concat(tables).set_index("arm")


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_step_costs_what_the_strategy_declares(name: str, measured: pd.DataFrame) -> None:
    cost = STRATEGIES[name].facts.cost
    own = measured.loc[[name]]
    assert set(own["cost_class"]) == {cost}
    for row in own.itertuples():
        assert row.ratio <= 1 + COST_LIMITS[cost], f"{row.task}: x{row.ratio:.3f}"
