"""Words of the choice: stacks, rounds, and what was measured."""

from __future__ import annotations

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
    """Stack that the choice had reached when the round began."""
    stacks: tuple[tuple[Name, ...], ...]
    seeds: tuple[Count, ...]


class Observation(NamedTuple):
    """A trial that has ended."""

    stack: Stack
    seed: int
    score: float | None
    """More is better; None: the trial failed."""


Costs = Mapping[Stack, float]
"""Seconds that a trial takes of the budget, of the stacks that were tried."""


def stack_of(*names: str) -> Stack:
    """Return the stack of some techniques."""
    return tuple(sorted(names))


def name_of(stack: Stack) -> str:
    """Name the arm of a stack: `cutmix+layer_norm`."""
    return "+".join(stack) or BASELINE
