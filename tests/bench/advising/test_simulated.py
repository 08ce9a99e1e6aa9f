"""The choice in some made-up worlds; a thousand of them are in `tests.long.advised_worlds`."""

from __future__ import annotations

from tests.bench.advising.simulated import rates, simulated


def test_in_worlds_like_imdb_it_finds_most_of_what_there_is() -> None:
    found = rates([simulated("imdb", number, trials=10) for number in range(24)])
    assert found.right >= 0.95
    assert found.reached >= 0.8
    assert found.regret <= 0.5, "against all techniques at equal seeds"
    assert found.most_spent <= 1.0


def test_it_recommends_nothing_where_there_is_nothing() -> None:
    found = rates([simulated("imdb", number, trials=10, null=True) for number in range(40)])
    assert found.said <= 0.05
