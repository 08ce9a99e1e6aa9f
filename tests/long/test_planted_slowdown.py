"""A strategy made slower in a copy is named; the same code beside itself is not.

On data made up, few steps and little time, so that it fits into minutes: speed and memory only.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.long import planted_slowdown

OPTIONS = ("--profile", "smoke", "--seeds", "1", "--data", "synthetic", "--jobs", "1")
TIMING = ("--seconds", "1", "--no-memory")


@pytest.mark.slow
def test_the_slower_copy_is_named_and_nothing_else(tmp_path: Path) -> None:
    slower = planted_slowdown.slower_copy(tmp_path / "slower")
    found = planted_slowdown.pair(
        tmp_path, "planted", (planted_slowdown.STRATEGY, slower), 6, OPTIONS, TIMING
    )
    assert "planted" in planted_slowdown.named(found)
    assert found.exit_code() == 3


@pytest.mark.slow
def test_the_same_code_raises_no_alarm(tmp_path: Path) -> None:
    twice = (planted_slowdown.STRATEGY, planted_slowdown.STRATEGY)
    found = planted_slowdown.pair(tmp_path, "same", twice, 4, OPTIONS, TIMING)
    assert planted_slowdown.named(found) == []
    assert found.exit_code() == 0
