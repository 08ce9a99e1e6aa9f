from __future__ import annotations

import sys

import numpy as np

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
