"""A strategy at its identity setting equals its base, bit for bit, on any base.

`tests/strategies/test_registry_wide.py` has the plain base.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import pytest

from bench.core.recipe import Statistics
from bench.core.strategy import applicability, clash
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm
from bench.training.evaluated_weights import evaluated_weights
from tests.strategies.arms import acting, compatible, only, switchable
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


def shares(task: str, base: str, name: str) -> bool:
    """Return true if a strategy can be stacked on a base and equals it at its identity setting."""
    if not switchable(REGISTRY, name) or name == base or (name in SEVERAL_PASSES and base in NOISY):
        return False
    both = [acting(REGISTRY, name), acting(REGISTRY, base)]
    facts = REGISTRY.task(task).facts
    return clash(both) is None and all(applicability(s, facts) is None for s in both)


def cases() -> list[Any]:
    """Return parameters: a task, a base and strategies on it, in as few stacks as they allow."""
    made = []
    for task, bases in BASES.items():
        for base in bases:
            names = [name for name in REGISTRY.strategies if shares(task, base, name)]
            wrap = [n for n in names if any(acting(REGISTRY, n).touches(s) for s in WRAPPING)]
            rest = [name for name in names if name not in wrap] if base in QUICK else []
            for group, soon in ((wrap, base in QUICK), (rest, False)):
                marks = [] if soon else [pytest.mark.slow]
                for stack in compatible(REGISTRY, group, base):
                    label = f"{task}-{base}-{'+'.join(stack)}"
                    made.append(pytest.param(task, base, stack, marks=marks, id=label))
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
    return outcome(tiny_arm(REGISTRY.task(task), [acting(REGISTRY, base)]))


@pytest.mark.parametrize(("task", "base", "stack"), cases())
def test_the_identity_setting_is_the_base_bit_for_bit(
    task: str, base: str, stack: tuple[str, ...]
) -> None:
    members = [acting(REGISTRY, name) for name in (base, *stack)]
    arm = tiny_arm(REGISTRY.task(task), members)
    with only(arm, REGISTRY, [base]):
        assert outcome(arm) == of_base(task, base)
