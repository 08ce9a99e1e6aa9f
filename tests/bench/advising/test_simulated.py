"""The choice in some made-up worlds; a thousand of them are in `tests.long.advised_worlds`."""

from __future__ import annotations

import numpy as np

from bench.advising.choosing import Question
from tests.bench.advising.simulated import choice, rates, simulated
from tests.bench.advising.worlds import world


def test_in_worlds_like_imdb_it_finds_most_of_what_there_is() -> None:
    found = rates([simulated("imdb", number, trials=10) for number in range(24)])
    assert found.right >= 0.95
    assert found.reached >= 0.8
    assert found.regret <= 0.5, "against all techniques at equal seeds"
    assert found.most_spent <= 1.0


def test_it_recommends_nothing_where_there_is_nothing() -> None:
    found = rates([simulated("imdb", number, trials=10, null=True) for number in range(40)])
    assert found.said <= 0.05


def test_no_two_rounds_share_a_seed() -> None:
    """No technique is helped twice by the same luck."""
    drawn = world(np.random.default_rng(1), "imdb")
    question = Question(drawn.names, drawn.fits, 10 * float(drawn.ratios.sum()), first_seed=70)
    rounds = choice(drawn, question).rounds
    assert len(rounds) > 3
    seeds = [seed for planned in rounds for seed in planned.seeds]
    assert seeds == list(range(70, 70 + len(seeds)))
