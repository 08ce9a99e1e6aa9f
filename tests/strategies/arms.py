"""Few arms for many strategies: stacks whose members are switched on and off in one traced graph."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from bench import Strategy
from bench.core.strategy import BATCH_STAGES, SLOTTED, applicability, clash, configured
from bench.plugins.registry import Registry
from bench.training.compiled_arm import CompiledArm
from tests.strategies.settings import ACTING

TEMPLATE = Path(__file__).resolve().parents[2] / "docs" / "template_strategy.py"
"""The template that newcomers copy; it must pass the tests of every strategy."""


class Arm(NamedTuple):
    """A task and the strategies of an arm."""

    task: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.task}-{'+'.join(self.names)}"


def acting(registry: Registry, name: str) -> Strategy:
    """Return a strategy that acts within a few steps of a tiny network."""
    return configured(registry.strategy(name), ACTING.get(name, {}))


def applying(registry: Registry, task: str) -> list[str]:
    """List the strategies that apply to a task."""
    facts = registry.task(task).facts
    return [n for n in registry.strategies if applicability(acting(registry, n), facts) is None]


def cases(registry: Registry) -> list[tuple[str, str]]:
    """List all pairs of a task and a strategy that applies to it."""
    return [(task, name) for task in registry.tasks for name in applying(registry, task)]


def acts_inside(registry: Registry, name: str) -> bool:
    """Return true if a strategy acts in the network or on its inputs, so that it differs by network."""
    stages = (*SLOTTED, *BATCH_STAGES, "embedded")
    return any(acting(registry, name).touches(stage) for stage in stages)


def switchable(registry: Registry, name: str) -> bool:
    """Return true if a strategy has parameters at which it does nothing."""
    return not isinstance(registry.strategy(name).facts.identity, str)


def shared(registry: Registry, task: str) -> list[Arm]:
    """Put the strategies of a task into as few stacks as their conflicts allow.

    A strategy that cannot be switched off is alone. A stack has one strategy of several passes, since
    the passes would multiply.
    """
    return [Arm(task, stack) for stack in compatible(registry, applying(registry, task))]


def compatible(registry: Registry, names: Sequence[str], *base: str) -> list[tuple[str, ...]]:
    """Put strategies into as few stacks on a base as their conflicts allow, as `shared` does."""
    stacks: list[list[str]] = []
    for name in names:
        fitting = (stack for stack in stacks if _fits(registry, base, stack, name))
        stack = next(fitting, None) if switchable(registry, name) else None
        if stack is None:
            stacks.append([name])
        else:
            stack.append(name)
    return [tuple(stack) for stack in stacks]


def _fits(registry: Registry, base: Sequence[str], stack: list[str], name: str) -> bool:
    members = [acting(registry, member) for member in (*stack, name)]
    passes = [s for s in members if s.facts.cost in ("double", "triple")]
    whole = [*members, *(acting(registry, member) for member in base)]
    return switchable(registry, stack[0]) and clash(whole) is None and len(passes) < 2


def strengths(registry: Registry, name: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return the parameters of the identity setting: as they act, and at the identity."""
    identity = registry.strategy(name).facts.identity
    if isinstance(identity, str):
        return {}, {}
    strategy = acting(registry, name)
    return {field: float(getattr(strategy, field)) for field in identity}, identity


@contextmanager
def only(arm: CompiledArm, registry: Registry, on: Collection[str]) -> Iterator[None]:
    """Set all strategies of an arm but some to their identity settings for a while."""

    def set_strengths(names: Collection[str]) -> None:
        for strategy in arm.strategies:
            acts, identity = strengths(registry, strategy.facts.name)
            for field, value in (acts if strategy.facts.name in names else identity).items():
                getattr(strategy, field).assign(value)

    set_strengths(on)
    try:
        yield
    finally:
        set_strengths([strategy.facts.name for strategy in arm.strategies])


def eager_step(arm: CompiledArm, step: int = 0) -> float:
    """Run one training step as plain Python and return its objective.

    A strategy of a test then sees values, and nothing is traced.
    """
    rows, now = tf.range(arm.recipe.batch_size), tf.constant(step)
    tf.config.run_functions_eagerly(True)
    try:
        return float(arm.compiled_step(rows, now, arm.drawn(now)))
    finally:
        tf.config.run_functions_eagerly(False)
