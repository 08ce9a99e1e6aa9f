"""The simulations of the engine, small enough for a test; `simulated_studies` runs them in full."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis import verdict
from tests.bench.stats.simulators import share_tolerance
from tests.long import simulated_studies as simulated

STUDIES = 150


@pytest.mark.slow
@pytest.mark.parametrize("name", simulated.TRUTHS)
def test_few_studies_say_something_false(name: str) -> None:
    random = np.random.default_rng(1)
    wrong, before = 0, 0
    for _ in range(STUDIES):
        drawn = simulated.study(random, simulated.TRUTHS[name], 10, 2000)
        wrong += simulated.says_false(
            simulated.words(drawn.samples), drawn.effects, simulated.STATEMENTS
        )
        before += simulated.says_false(
            simulated.earlier_words(drawn.samples), drawn.effects, simulated.EARLIER
        )
    assert wrong / STUDIES <= 0.05 + share_tolerance(0.05, STUDIES)
    if name == "all are worth exactly the margin":
        assert before / STUDIES > 0.15  # "equivalent", unadjusted


@pytest.mark.slow
@pytest.mark.parametrize("trials", [3, 5, 10])
def test_intervals_cover_trials_and_test_examples(trials: int) -> None:
    random, covered = np.random.default_rng(2), []
    for _ in range(STUDIES):
        drawn = simulated.study(random, simulated.TRUTHS["a catalogue"], trials, 2000)
        estimate, made, law = simulated.inferred(drawn.samples)
        off = np.abs(estimate - drawn.effects)
        covered.append(np.mean(off <= law.critical(0.025) * made.error))
    assert 0.93 <= np.mean(covered) <= 0.985


@pytest.mark.slow
def test_more_trials_decide_more_and_looking_at_each_number_stays_right() -> None:
    random = np.random.default_rng(3)
    decided, wrong = np.zeros(len(verdict.LOOKS)), 0
    for _ in range(60):
        drawn = simulated.study(random, simulated.TRUTHS["a catalogue"], verdict.LOOKS[-1], 500)
        false = False
        for place, trials in enumerate(verdict.LOOKS):
            grown = [simulated.shortened(sample, trials) for sample in drawn.samples]
            found = simulated.words(grown, verdict.LOOKS[0])
            decided[place] += np.mean([word != verdict.OPEN for word in found])
            false |= simulated.says_false(found, drawn.effects, simulated.STATEMENTS)
        wrong += false
    assert (np.diff(decided) >= -0.01 * 60).all()
    assert decided[-1] > decided[0] + 0.1 * 60
    assert wrong <= 7
