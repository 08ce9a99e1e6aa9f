"""The simulated advice, small enough for a test; `advised_worlds` runs a thousand of each kind."""

from __future__ import annotations

from functools import cache

import pytest

from tests.bench.advising.simulated import Outcome, rates, simulated

WORLDS = 150


@cache
def advised(task: str) -> list[Outcome]:
    return [simulated(task, number, trials=10) for number in range(WORLDS)]


@pytest.mark.slow
def test_it_finds_most_of_the_best_stack_and_beats_equal_seeds() -> None:
    found = rates(advised("imdb"))
    assert found.right >= 0.95
    assert found.reached >= 0.82
    assert found.regret <= 0.5


@pytest.mark.slow
@pytest.mark.parametrize("task", ["imdb", "cifar10"])
def test_it_is_right_where_it_recommends_and_silent_where_nothing_helps(task: str) -> None:
    found = rates(advised(task))
    assert found.right >= 0.95
    nothing = rates([simulated(task, number, trials=10, null=True) for number in range(WORLDS)])
    assert nothing.said <= 0.05
