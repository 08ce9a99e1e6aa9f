"""The choice in some made-up worlds; a thousand of them are in `tests.long.advised_worlds`."""

from __future__ import annotations

import numpy as np
import pytest

from bench.advising.choosing import Question
from tests.bench.advising.simulated import choice, rates, simulated
from tests.bench.advising.worlds import gained_by_steps, world


def test_in_worlds_like_imdb_it_finds_most_of_what_there_is() -> None:
    found = rates([simulated("imdb", number, trials=10) for number in range(24)])
    assert found.right >= 0.95
    assert found.reached >= 0.8
    assert found.regret <= 0.5, "against all techniques at equal seeds"
    assert found.most_spent <= 1.0


def test_it_recommends_nothing_where_there_is_nothing() -> None:
    found = rates([simulated("imdb", number, trials=10, null=True) for number in range(40)])
    assert found.said <= 0.05


@pytest.mark.parametrize("objective", ["calibration", "seconds"])
def test_what_it_recommends_for_another_objective_is_better(objective: str) -> None:
    found = rates([simulated("imdb", n, trials=10, objective=objective) for n in range(4)])
    assert (found.said, found.right) == (1.0, 1.0)
    assert found.reached >= 0.7
    assert found.regret <= 0.5, "against all techniques at equal seeds"


def test_it_recommends_nothing_for_likelihood_where_nothing_changes_it() -> None:
    found = rates(
        [simulated("imdb", n, trials=10, null=True, objective="calibration") for n in range(12)]
    )
    assert found.said <= 0.05


def test_after_equal_seconds_a_dear_technique_has_lost_what_its_steps_would_have_gained() -> None:
    plain, timed = (
        world(np.random.default_rng(3), "cifar10", objective=objective)
        for objective in ("accuracy", "seconds")
    )
    dearest = int(plain.ratios.argmax())
    lost = plain.effects[dearest] - timed.effects[dearest]
    assert lost == pytest.approx(gained_by_steps("cifar10") * np.log2(plain.ratios[dearest]))
    assert lost > 2, "the baseline still learns in its second half"
    assert timed.ratios.max() == 1.0, "every trial takes the baseline's seconds"


def test_no_two_rounds_share_a_seed() -> None:
    """No technique is helped twice by the same luck."""
    drawn = world(np.random.default_rng(1), "imdb")
    question = Question(drawn.names, drawn.fits, 10 * float(drawn.ratios.sum()), first_seed=70)
    rounds = choice(drawn, question).rounds
    assert len(rounds) > 3
    seeds = [seed for planned in rounds for seed in planned.seeds]
    assert seeds == list(range(70, 70 + len(seeds)))
