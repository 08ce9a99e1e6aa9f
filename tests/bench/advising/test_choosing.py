"""The choice of stacks as a pure function of the trials so far."""

from __future__ import annotations

from bench.advising.choosing import RATES, SURVIVORS, Question, next_round
from bench.advising.rounds import Observation, Round, Stack

TECHNIQUES = tuple(f"t{number:02d}" for number in range(3 * SURVIVORS))


def value(stack: Stack) -> float:
    """`t00` is good and wants another learning rate, which hurts everything else."""
    return 3.0 * ("t00" in stack) - 6.0 * any(rate in stack for rate in RATES)


def test_learning_rates_are_tried_on_a_stack_though_they_did_not_survive_the_screening() -> None:
    def fits(stack: Stack) -> bool:
        return len(set(RATES).intersection(stack)) < 2

    question = Question((*TECHNIQUES, *RATES), fits, budget=1000.0)
    rounds: list[Round] = []
    observations: list[Observation] = []
    while not any(r.stage == "stack" for r in rounds):
        planned = next_round(question, rounds, observations, {(): 1.0}, float(len(observations)))
        assert planned is not None
        rounds.append(planned)
        observations += [Observation(s, n, value(s) + 0.1 * (n % 2)) for n in planned.seeds
                         for s in planned.stacks]  # fmt: skip
    screened = {name for stack in rounds[-2].stacks for name in stack}
    assert not screened.intersection(RATES)
    assert rounds[-1].present == ("t00",)
    assert {(rate, "t00") for rate in RATES} <= set(rounds[-1].stacks)
