"""The confirmation of a choice: a small declared family on fresh seeds, judged on the test split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.advising.choosing import (
    CONFIRMED_ARMS,
    RATES,
    Question,
    chosen,
    cost,
    lower_bound,
)
from bench.advising.evidence import Evidence
from bench.advising.rounds import Costs, Observation, Round, Stack
from bench.analysis.verdict import ALPHA, BETTER, BETTER_BY_MARGIN
from bench.core.study import SMOKE_SEEDS
from bench.stats.laws import FixedLook
from bench.stats.power import detectable
from bench.stats.simultaneous import unit_level

MEMBERS = CONFIRMED_ARMS - 2
"""Number of members of the stack, or learning rates, that are confirmed alone."""
LEAST_SEEDS = SMOKE_SEEDS
"""Number of seeds below which there is no verdict."""
MOST_SEEDS = 100
"""Largest number of seeds: the intervals are narrow by then."""


def family(
    question: Question, rounds: Sequence[Round], observations: Sequence[Observation]
) -> tuple[Stack, ...]:
    """Return the stacks to confirm: the chosen one first, then its best members alone.

    Without a chosen stack, return the technique that looks best alone: an answer of "nothing" is
    then about the strongest candidate. The tuned baseline takes the place of a member: the best
    learning rate alone, if its lower confidence bound against the recipe's rate is above 0. Empty if
    no technique could be trained.
    """
    stack = chosen(question, rounds, observations)
    evidence = Evidence(question.techniques, observations)
    singles = [(name,) for name in question.techniques if (name,) in evidence.tried]
    if not singles:
        return ()
    estimates = evidence.estimates(singles)
    singles.sort(key=lambda single: -estimates.gain((), single)[0])
    members = [single for single in singles if single[0] in stack] if len(stack) > 1 else []
    rates = [single for single in singles if single[0] in RATES]
    tuned = [rate for rate in rates if lower_bound(estimates, (), rate) > 0]
    first = stack or singles[0]
    beside = dict.fromkeys([*tuned[:1], *members])
    return (first, *[single for single in beside if single != first][:MEMBERS])


def seeds_that_fit(stacks: Sequence[Stack], costs: Costs, seconds_left: float) -> int:
    """Return the number of seeds that a confirmation has time for, at most `MOST_SEEDS`."""
    seed_seconds = sum(cost(stack, costs) for stack in ((), *stacks))
    return max(0, min(MOST_SEEDS, int(seconds_left / seed_seconds)))


def smallest_effect(stacks: int, seeds: int, sd: float) -> float:
    """Return the true effect that a confirmation finds with 80% power; NaN below 2 seeds.

    Args:
        sd: spread of a paired difference.
    """
    if seeds < 2:
        return float("nan")
    error, df = np.array([sd / seeds**0.5]), np.array([seeds - 1.0])
    return float(detectable(error, df, FixedLook(df).critical(unit_level(ALPHA, stacks, 0)))[0])


def recommended(verdicts: Mapping[str, str], gains: Mapping[str, float]) -> str | None:
    """Return the arm to use: the one with the largest gain among those shown to be better."""
    return max(better(verdicts), key=lambda arm: gains[arm], default=None)


def better(verdicts: Mapping[str, str]) -> list[str]:
    """Return the arms that are shown to be better."""
    return [arm for arm, verdict in verdicts.items() if verdict in (BETTER, BETTER_BY_MARGIN)]
