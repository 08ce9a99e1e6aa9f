"""The values of the choice: stacks, rounds and observations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

from bench.core.record import Count, Name, Schema
from bench.core.study import BASELINE

Stack = tuple[str, ...]
"""Techniques of a stack in alphabetical order; empty: the baseline."""


class Round(Schema):
    """Stacks to train at the same seeds, paired."""

    stage: Literal["probe", "screen", "stack"]
    present: tuple[Name, ...] = ()
    """Stack that the choice had reached at the start of the round."""
    stacks: tuple[tuple[Name, ...], ...]
    seeds: tuple[Count, ...]


class Observation(NamedTuple):
    """A trial that has ended."""

    stack: Stack
    seed: int
    score: float | None
    """Higher is better; None if the trial failed."""


Costs = Mapping[Stack, float]
"""Tried stack -> seconds of the budget that a trial of it takes."""


def stack_of(*names: str) -> Stack:
    """Return the stack of some techniques."""
    return tuple(sorted(names))


def name_of(stack: Stack) -> str:
    """Name the arm of a stack: `cutmix+layer_norm`."""
    return "+".join(stack) or BASELINE


def step_ratio(stack: Stack, ratios: Mapping[str, float]) -> float:
    """Return the step time of a stack as a multiple of the baseline's.

    Args:
        ratios: arm -> measured ratio. A stack that was not timed multiplies those of its members.
    """
    measured = ratios.get(name_of(stack))
    return math.prod(ratios.get(name, 1.0) for name in stack) if measured is None else measured
