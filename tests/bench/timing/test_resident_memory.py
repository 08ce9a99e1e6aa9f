from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from bench.timing import resident_memory
from bench.timing.resident_memory import peak_resident_mb, reset_peak_resident


def test_the_peak_rises_by_what_was_touched() -> None:
    reset_peak_resident()
    before = peak_resident_mb()
    assert before is not None
    block = np.ones(8_000_000)  # 64 MB
    after = peak_resident_mb()
    assert after is not None
    assert after - before >= 0.8 * block.nbytes / 1e6


def test_a_reset_forgets_what_was_given_back() -> None:
    block = np.ones(12_000_000)  # 96 MB
    high = peak_resident_mb()
    size = block.nbytes / 1e6
    del block
    reset_peak_resident()
    low = peak_resident_mb()
    assert high is not None
    assert low is not None
    can_reset = sys.platform == "linux"
    assert high - low >= (0.8 * size if can_reset else 0.0)


def test_the_units_of_linux_are_1024_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """proc(5) writes kB and means KiB: 1,000,000 of them are 1,024 megabytes."""
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmPeak:\t 3000000 kB\nVmHWM:\t 1000000 kB\nVmRSS:\t 9 kB\n")
    monkeypatch.setattr(resident_memory, "_STATUS", status)
    assert peak_resident_mb() == pytest.approx(1024.0)
