"""A strategy at its identity setting equals its base, bit for bit, on any base.

`tests/strategies/test_registry_wide.py` has the plain base.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import pytest

from bench import Strategy
from bench.core.recipe import Statistics
from bench.core.strategy import applicability, clash, configured
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm
from bench.training.evaluated_weights import evaluated_weights
from tests.strategies.settings import ACTING
from tests.tiny import Trace, tiny_arm, trace

REGISTRY = find()
BASES = {
    "cifar10": ("batch_norm", "ghost_batch_norm", "mixup", "dropout", "sam"),
    "imdb": ("batch_norm", "layer_norm", "dropout"),
}
"""Task -> bases: moving statistics, other batches, noise, two passes."""
QUICK = ("batch_norm",)
SEVERAL_PASSES = ("r_drop", "fgm")
"""Strategies that average passes under different masks: on a noisy base they are not the base."""
NOISY = ("dropout",)
WRAPPING = ("loss", "gradients", "update", "evaluated", "merge")
"""Stages of the strategies that are tested on all bases; the rest is tested on batch normalization."""


def acting(name: str) -> Strategy:
    return configured(REGISTRY.strategy(name), ACTING.get(name, {}))


def shares(task: str, base: str, name: str) -> bool:
    """Return true if a strategy can be stacked on a base and equals it at its identity setting."""
    strategy = acting(name)
    if isinstance(strategy.facts.identity, str) or name == base:
        return False
    if name in SEVERAL_PASSES and base in NOISY:
        return False
    both = [strategy, acting(base)]
    facts = REGISTRY.task(task).facts
    return clash(both) is None and all(applicability(s, facts) is None for s in both)


def cases() -> list[Any]:
    made = []
    for task, bases in BASES.items():
        for base in bases:
            for name in filter(lambda n: shares(task, base, n), REGISTRY.strategies):
                wraps = any(acting(name).touches(stage) for stage in WRAPPING)
                if wraps or base in QUICK:
                    marks = [] if wraps and base in QUICK else [pytest.mark.slow]
                    made.append(pytest.param(task, base, name, marks=marks))
    return made


class Outcome(NamedTuple):
    """The result of a training and of both ways to evaluate it."""

    trained: Trace
    recalibrated: bytes
    moving: bytes


def outcome(arm: CompiledArm) -> Outcome:
    trained = trace(arm)

    def logits(statistics: Statistics) -> bytes:
        with evaluated_weights(arm, statistics):
            return arm.logits(arm.data.test).tobytes()

    return Outcome(trained, logits("recalibrated"), logits("moving"))


@cache
def of_base(task: str, base: str) -> Outcome:
    return outcome(tiny_arm(REGISTRY.task(task), [acting(base)]))


@pytest.mark.parametrize(("task", "base", "name"), cases())
def test_the_identity_setting_is_the_base_bit_for_bit(task: str, base: str, name: str) -> None:
    arm = tiny_arm(REGISTRY.task(task), [acting(base), acting(name)])
    strategy = next(s for s in arm.strategies if s.facts.name == name)
    identity = strategy.facts.identity
    assert not isinstance(identity, str)
    for field, value in identity.items():
        getattr(strategy, field).assign(value)
    assert outcome(arm) == of_base(task, base)
