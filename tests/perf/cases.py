"""Cases of the performance suite: all that the registry has."""

from __future__ import annotations

from functools import cache

from bench.core.strategy import Strategy, applicability
from bench.core.study import BASELINE
from bench.plugins.registry import Registry, find
from bench.tasks.task import Source
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData

PROFILE = "quick"
SOURCE = Source("synthetic")
"""Generated data: the time of a step does not depend on the content of pictures."""
Case = tuple[str, str]
"""(task, strategy or `baseline`)."""


@cache
def registry() -> Registry:
    return find()


def arms() -> list[Case]:
    """List every strategy on every task to which it applies, and every baseline."""
    found: list[Case] = []
    for name, task in registry().tasks.items():
        found.append((name, BASELINE))
        for strategy, kind in registry().strategies.items():
            if applicability(kind(), task.facts) is None:
                found.append((name, strategy))
    return found


def batch_stages() -> list[Case]:
    """List the cases whose strategy changes the batch, as examples or as features."""
    return [
        case
        for case in arms()
        if any(s.touches("examples") or s.touches("features") for s in strategies(case))
    ]


def strategies(case: Case) -> list[Strategy]:
    """Return the strategies of the case's arm."""
    return [] if case[1] == BASELINE else [registry().strategy(case[1])()]


@cache
def data(task: str) -> DeviceData:
    known = registry().task(task)
    return DeviceData.of(known.load(known.recipe(PROFILE), SOURCE), resample=True)


def compiled(case: Case) -> CompiledArm:
    """Return the case's arm, not yet traced."""
    task = registry().task(case[0])
    return CompiledArm(task, strategies(case), task.recipe(PROFILE), Settings(), data(case[0]))
