"""The choice of a stack: screening by successive halving, then greedy stacking.

`next_round` plans the next round from all trials so far. It is a pure function, so a killed choice
continues where it stopped. It sees validation scores only. Every round has seeds of its own, so
that no technique is helped twice by the same luck. Source of the halving: Karnin, Koren and Somekh
2013.

The shares and limits gave the best choices in the simulations of `tests.long.advised_worlds`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.advising.evidence import Estimates, Evidence
from bench.advising.rounds import Costs, Observation, Round, Stack, stack_of
from bench.core.study import SMOKE_SEEDS
from bench.running.request import OF_RECIPE

SCREENING, STACKING = 0.25, 0.58
"""Shares of the budget. The confirmation has the rest."""
MOST_KEPT_BACK = 0.5
"""Largest share of a small budget that is kept for the confirmation."""
CONFIRMED_ARMS = 4
DEARER = 1.2
"""Typical cost of a confirmed trial, as a multiple of the baseline's."""
HALVINGS = 3
"""Rounds of screening, each with half of the techniques of the one before."""
SURVIVORS = 20
"""Fewest techniques that screening leaves: one that does nothing alone can help in a stack."""
TRIED = 12
"""Most changes of the present stack that a round of stacking trains."""
ROUND = 12
"""Trials of a round of stacking, if there is time: each round starts its workers again."""
RATES = tuple(f"{OF_RECIPE}learning_rate={factor}" for factor in ("0.5x", "2x", "4x"))
"""Learning rates, which are tried like techniques, alone and in stacks: equal effort for all."""
BOUND = 1.25
"""Standard deviations below an estimate at which its lower confidence bound lies."""
HOPE = 0.3
"""Least estimate plus standard deviation at which a change is tried, in the unit of the scores: one of
it weighs like a point of accuracy (`bench.core.metric.Objective`)."""


@dataclass(frozen=True)
class Question:
    """The techniques and the budget of a choice.

    Attributes:
        techniques: their names, and learning rates.
        fits: returns true if a stack can be built: no two of its techniques exclude each other.
        budget: seconds for everything, the confirmation included.
        first_seed: smallest seed of the choice.
    """

    techniques: tuple[str, ...]
    fits: Callable[[Stack], bool]
    budget: float
    first_seed: int = 0


def next_round(
    question: Question,
    rounds: Sequence[Round],
    observations: Sequence[Observation],
    costs: Costs,
    spent: float,
) -> Round | None:
    """Plan the next round of the choice; return None when it has ended.

    Args:
        rounds: all earlier rounds, the probe included; all are trained.
        observations: their trials.
        costs: seconds of a trial; the baseline's is known.
        spent: seconds of the budget that are spent.
    """
    ended = [r for r in rounds if r.stage != "probe"]
    evidence = Evidence(question.techniques, observations) if ended else None
    if evidence is None or not any(r.stage == "stack" for r in ended):
        seconds_left = SCREENING * question.budget - spent
        planned = _screening(question, ended, evidence, costs, seconds_left)
        if planned is not None:
            return planned
    assert evidence is not None
    seconds_left = choice_seconds(question.budget, costs[()]) - spent
    return _stacking(question, ended, evidence, costs, seconds_left)


def choice_seconds(budget: float, trial: float) -> float:
    """Return the seconds of the whole choice; a small budget keeps time for a verdict.

    Args:
        budget: seconds for everything.
        trial: seconds of a trial of the baseline.
    """
    kept_back = min(MOST_KEPT_BACK * budget, CONFIRMED_ARMS * SMOKE_SEEDS * DEARER * trial)
    return min((SCREENING + STACKING) * budget, budget - kept_back)


def halvings(techniques: int) -> int:
    """Return the number of screening rounds, fewer for few techniques."""
    return max(1, min(HALVINGS, math.ceil(math.log2(max(techniques, 2) / 2))))


def kept(techniques: int) -> int:
    """Return the number of techniques that a screening round passes on."""
    return max(math.ceil(techniques / 2), min(SURVIVORS, techniques))


def cost(stack: Stack, costs: Costs) -> float:
    """Return the expected seconds of a trial; an untried stack multiplies its members' ratios."""
    base = costs[()]
    if stack in costs:
        return costs[stack]
    return base * math.prod(costs.get((name,), base) / base for name in stack)


def lower_bound(estimates: Estimates, before: Stack, after: Stack) -> float:
    """Return the lower confidence bound of the gain of one stack over another."""
    mean, sd = estimates.gain(before, after)
    return mean - BOUND * sd


def chosen(
    question: Question, rounds: Sequence[Round], observations: Sequence[Observation]
) -> Stack:
    """Return the stack that the choice has reached; empty if no technique looks better."""
    ended = [r for r in rounds if r.stage != "probe"]
    return _reached(question, ended, Evidence(question.techniques, observations))[0]


def _screening(
    question: Question,
    ended: Sequence[Round],
    evidence: Evidence | None,
    costs: Costs,
    seconds_left: float,
) -> Round | None:
    rounds_left = halvings(len(question.techniques)) - len(ended)
    if rounds_left < 1:
        return None
    names = question.techniques if evidence is None else _survivors(ended, evidence)
    if not names:
        return None
    stacks = ((), *((name,) for name in names))
    seeds = int(seconds_left / rounds_left / sum(cost(stack, costs) for stack in stacks))
    if ended and seeds < 1:
        return None
    return Round(stage="screen", stacks=stacks, seeds=_fresh(question, ended, max(seeds, 1)))


def _fresh(question: Question, ended: Sequence[Round], count: int) -> tuple[int, ...]:
    """Return seeds that no earlier round has."""
    start = question.first_seed + sum(len(r.seeds) for r in ended)
    return tuple(range(start, start + count))


def _survivors(ended: Sequence[Round], evidence: Evidence) -> list[str]:
    """Return the techniques that survive the screening rounds, best first."""
    last = [r for r in ended if r.stage == "screen"][-1]
    singles = [stack for stack in last.stacks if stack and stack not in evidence.failed]
    estimates = evidence.estimates(singles)
    singles.sort(key=lambda stack: -estimates.gain((), stack)[0])
    return [stack[0] for stack in singles[: kept(len(singles))]]


def _stacking(
    question: Question,
    ended: Sequence[Round],
    evidence: Evidence,
    costs: Costs,
    seconds_left: float,
) -> Round | None:
    present, hopeful = _reached(question, ended, evidence)
    stacks = [present, *hopeful]
    while len(stacks) > 1 and sum(cost(stack, costs) for stack in stacks) > seconds_left:
        stacks.pop()
    if len(stacks) < 2:
        return None
    fitting = int(seconds_left / sum(cost(stack, costs) for stack in stacks))
    seeds = _fresh(question, ended, max(1, min(fitting, ROUND // len(stacks))))
    return Round(stage="stack", present=present, stacks=tuple(stacks), seeds=seeds)


def _reached(
    question: Question, ended: Sequence[Round], evidence: Evidence
) -> tuple[Stack, list[Stack]]:
    """Return the present stack and its changes that are worth a trial, most promising first.

    A trained change whose lower confidence bound against the present stack is above 0 replaces it.
    The change with the best bound goes first, and this is repeated until no change qualifies. Each
    learning rate is tried once on top of the present stack, whatever it does alone.
    """
    survivors = _survivors(ended, evidence)
    rates = [r for r in RATES if r in question.techniques and (r,) not in evidence.failed]
    names = list(dict.fromkeys([*survivors, *rates]))
    present: Stack = ended[-1].present
    passed = {present}
    while True:
        changes = [s for s in _changes(question, present, names) if s not in evidence.failed]
        estimates = evidence.estimates([present, *changes])
        gains = {stack: estimates.gain(present, stack) for stack in changes}
        lower = {
            stack: lower_bound(estimates, present, stack)
            for stack in changes
            if stack in evidence.tried and stack not in passed
        }
        best = max(lower, key=lambda stack: (lower[stack], stack), default=present)
        if lower.get(best, 0.0) <= 0:
            break
        present = best
        passed.add(best)
    hopes = {stack: mean + sd for stack, (mean, sd) in gains.items() if mean + sd > HOPE}
    at_rates = [
        stack
        for stack in changes
        if set(stack).symmetric_difference(present) <= {*RATES}
        and stack not in evidence.tried
        and stack not in hopes
    ]
    order = sorted(hopes, key=lambda stack: (-hopes[stack], stack))
    return present, [*order[: TRIED - len(at_rates)], *at_rates]


def _changes(question: Question, present: Stack, names: Sequence[str]) -> list[Stack]:
    """List the stacks with one technique more, in place of those that exclude it, or one less."""
    larger = [
        stack_of(name, *(member for member in present if question.fits(stack_of(name, member))))
        for name in names
        if name not in present
    ]
    smaller = [stack_of(*(member for member in present if member != name)) for name in present]
    return [stack for stack in dict.fromkeys([*larger, *smaller]) if question.fits(stack)]
