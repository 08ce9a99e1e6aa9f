"""Noise ends where training ends: for every strategy that puts some into a network."""

from __future__ import annotations

import numpy as np
import pytest

from bench.core.strategy import applicability
from bench.plugins.registry import find
from tests.tiny import tiny_arm

REGISTRY = find()
NOISY = [
    (task, name)
    for name, kind in REGISTRY.strategies.items()
    if any(kind().touches(stage) for stage in ("noise", "merge", "embedded"))
    for task in REGISTRY.tasks
    if applicability(kind(), REGISTRY.tasks[task].facts) is None
]


@pytest.mark.parametrize(("task", "name"), NOISY)
def test_in_evaluation_there_is_none(task: str, name: str) -> None:
    logits = []
    for strategies in ([], [REGISTRY.strategies[name]()]):
        arm = tiny_arm(REGISTRY.tasks[task], strategies)
        arm.reset(0)
        logits.append(arm.logits(arm.data.test))
    np.testing.assert_array_equal(*logits)
