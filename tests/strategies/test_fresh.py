"""A reset arm against a fresh process; in a file of its own, since it takes minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bench.plugins.registry import find
from tests.strategies.fresh import cases


@pytest.mark.slow
def test_a_reset_arm_is_what_a_fresh_process_gives() -> None:
    """Two processes: one trains seed 1 at once, the other after seed 0."""
    outputs = []
    for seeds in (["1"], ["0", "1"]):
        done = subprocess.run(
            [sys.executable, "-m", "tests.strategies.fresh", *seeds],
            check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        outputs.append(json.loads(done.stdout))
    registry = find()
    assert len(outputs[0]) == len(cases(registry)) + len(registry.tasks)
    assert outputs[0] == outputs[1]
