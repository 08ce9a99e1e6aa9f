"""The choice and its confirmation in made-up worlds, beside the rival: all techniques, equal seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.advising.choosing import Question, chosen, next_round
from bench.advising.confirming import family, recommended, seeds_that_fit
from bench.advising.rounds import Observation, Round, Stack, name_of
from bench.analysis import verdict
from bench.core.metric import OBJECTIVE
from bench.stats.errors import Sample, common_level, errors
from bench.stats.simultaneous import simultaneous
from tests.bench.advising.worlds import World, world

MARGIN = 1.0
"""Points of accuracy, or hundredths of a nat: those of the recipes and of NLL."""


class Outcome(NamedTuple):
    """True effects in one world, points or hundredths of a nat."""

    best: float
    """Effect of the best stack."""
    chosen: float
    """Effect of the stack that the choice reached."""
    picked: float | None
    """Effect of the recommended arm; None if nothing is recommended."""
    rival: float
    """Effect of the arm that a study of all techniques recommends at the same budget; 0 for no arm."""
    spent: float
    """Share of the budget that was spent."""

    @property
    def gained(self) -> float:
        return 0.0 if self.picked is None else self.picked


class Choice(NamedTuple):
    """A choice that has ended, and what it cost."""

    rounds: list[Round]
    seen: list[Observation]
    costs: dict[Stack, float]
    spent: float


def choice(drawn: World, question: Question) -> Choice:
    """Train round after round of a world until the choice ends."""
    costs: dict[Stack, float] = {(): 1.0}
    rounds: list[Round] = []
    seen: list[Observation] = []
    spent = 0.0
    while (planned := next_round(question, rounds, seen, costs, spent)) is not None:
        rounds.append(planned)
        seen += drawn.train([(s, seed) for seed in planned.seeds for s in planned.stacks])
        costs |= {stack: drawn.cost(stack) for stack in planned.stacks}
        spent += len(planned.seeds) * sum(costs[stack] for stack in planned.stacks)
    return Choice(rounds, seen, costs, spent)


def simulated(
    task: str, number: int, trials: int, null: bool = False, objective: str = OBJECTIVE
) -> Outcome:
    """Advise in one world of an objective, with a budget of so many trials per technique."""
    drawn = world(np.random.default_rng([7, number]), task, null, objective)
    budget = trials * float(drawn.ratios.sum())
    question = Question(drawn.names, drawn.fits, budget)
    rounds, seen, costs, spent = choice(drawn, question)
    stacks = family(question, rounds, seen)
    seeds = seeds_that_fit(stacks, costs, budget - spent)
    spent += seeds * sum(drawn.cost(stack) for stack in ((), *stacks))
    picked = confirmed(drawn, stacks, seeds)
    singles = [(name,) for name in drawn.names]
    rival = confirmed(drawn, singles, int(budget / (1 + drawn.ratios.sum())))
    return Outcome(
        best=drawn.value(drawn.best()),
        chosen=drawn.value(chosen(question, rounds, seen)),
        picked=None if picked is None else drawn.value(picked),
        rival=0.0 if rival is None else drawn.value(rival),
        spent=spent / budget,
    )


def confirmed(drawn: World, stacks: Sequence[Stack], seeds: int) -> Stack | None:
    """Train a declared family on the test split, and return the arm that the verdicts support."""
    base = np.array([drawn.score((), test=True) for _ in range(seeds)])
    samples = [
        Sample(np.array([drawn.score(stack, test=True) for _ in range(seeds)]) - base)
        for stack in stacks
    ]
    made = errors(samples, common_level(samples))
    estimate = np.array([sample.differences.mean() for sample in samples])
    law = made.law(np.full(len(stacks), float(seeds)), None)
    margin = np.full(len(stacks), MARGIN)
    found = simultaneous(estimate, made.error, law, margin, len(stacks), verdict.ALPHA)
    names = {name_of(stack): stack for stack in stacks}
    ends = zip(found.low, found.high, strict=True)
    words = {name: verdict.read_off(*e, MARGIN) for name, e in zip(names, ends, strict=True)}
    arm = recommended(words, dict(zip(names, estimate, strict=True)))
    return None if arm is None else names[arm]


class Rates(NamedTuple):
    """Rates over worlds."""

    said: float
    """Share of worlds in which something is recommended."""
    right: float
    """Share of those worlds in which it is really better; 1 if nothing is recommended."""
    reached: float
    """Mean true effect of the recommended arms, as a share of the best stack's."""
    regret: float
    """Distance from the best stack's effect, as a share of the rival's distance."""
    most_spent: float
    """Largest share of the budget that was spent."""


def rates(outcomes: Sequence[Outcome]) -> Rates:
    """Return the rates of some outcomes."""
    picked = [o.picked for o in outcomes if o.picked is not None]
    best = sum(o.best for o in outcomes)
    gained = sum(o.gained for o in outcomes)
    missed = best - sum(o.rival for o in outcomes)
    return Rates(
        said=len(picked) / len(outcomes),
        right=float(np.mean([p > 0 for p in picked])) if picked else 1.0,
        reached=gained / best if best else 1.0,
        regret=(best - gained) / missed if missed > 0 else 0.0,
        most_spent=max(o.spent for o in outcomes),
    )
