"""Strategies stack: every pair that no declared conflict forbids trains in a stack of up to eight."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bench import Strategy
from bench.core.strategy import applicability, clash
from bench.plugins.registry import find
from tests.strategies.settings import ACTING
from tests.tiny import tiny_arm, trace

REGISTRY = find()
SIZE = 8
TASKS = ("cifar10", "imdb_transformer", "imdb")
"""A pair is trained on the first task to which both apply."""
Pair = frozenset[str]


def strategy(name: str) -> Strategy:
    return REGISTRY.strategy(name)(**ACTING.get(name, {}))


def possible_pairs() -> dict[str, set[Pair]]:
    """Return task -> the pairs to be covered on it."""
    left = {frozenset(pair) for pair in combinations(REGISTRY.strategies, 2)}
    found: dict[str, set[Pair]] = {}
    for task in TASKS:
        facts = REGISTRY.task(task).facts
        fits = {n for n in REGISTRY.strategies if applicability(strategy(n), facts) is None}
        found[task] = {
            pair for pair in left if pair <= fits and clash([strategy(n) for n in pair]) is None
        }
        left -= found[task]
    return found


def covering(pairs: set[Pair], names: list[str]) -> list[tuple[str, ...]]:
    """Build stacks that together have every pair, greedily: the name that covers most comes next."""
    stacks, left = [], set(pairs)
    while left:
        stack = sorted(min(left, key=sorted))
        while len(stack) < SIZE:
            gains = {
                name: sum(frozenset((name, member)) in left for member in stack)
                for name in names
                if name not in stack and clash([strategy(n) for n in (*stack, name)]) is None
            }
            best = max(gains, key=lambda name: (gains[name], name), default=None)
            if best is None or gains[best] == 0:
                break
            stack.append(best)
        left -= {frozenset(pair) for pair in combinations(stack, 2)}
        stacks.append(tuple(stack))
    return stacks


PAIRS = possible_pairs()
STACKS = [
    (task, stack)
    for task, pairs in PAIRS.items()
    for stack in covering(pairs, sorted({name for pair in pairs for name in pair}))
]


def test_the_stacks_hold_every_pair() -> None:
    for task, pairs in PAIRS.items():
        held = {
            frozenset(pair) for t, stack in STACKS if t == task for pair in combinations(stack, 2)
        }
        assert pairs <= held
    assert sum(map(len, PAIRS.values())) > 300


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "stack"), STACKS, ids=lambda v: v if isinstance(v, str) else "+".join(v)
)
def test_a_stack_trains(task: str, stack: tuple[str, ...]) -> None:
    found = trace(tiny_arm(REGISTRY.task(task), [strategy(name) for name in stack]), steps=2)
    assert np.isfinite(found.losses).all()
    assert np.isfinite(np.frombuffer(found.logits, np.float32)).all()
