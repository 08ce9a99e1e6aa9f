"""Verdicts, and samples of one mean."""

from __future__ import annotations

import numpy as np
import pytest

from bench.audit.finding import attempted, same_mean


def test_an_exception_is_a_difference() -> None:
    def measure() -> tuple[str, bool]:
        raise TypeError("no such type")

    finding = attempted("some check", "something", measure)
    assert (finding.found, finding.verdict) == ("fails: TypeError: no such type", "differs")


@pytest.mark.parametrize(
    ("by", "same"), [(0.0, True), (0.04, True), (-0.04, True), (0.25, False), (-0.25, False)]
)
@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_means_differ_on_both_sides(by: float, same: bool, spread: float) -> None:
    sample = 1.0 + spread * np.linspace(-1.0, 1.0, 50)
    assert same_mean(sample + by, sample, 0.05) == same


def test_a_gap_that_chance_makes_is_none() -> None:
    sample = np.linspace(-1.0, 1.0, 8)
    assert same_mean(sample + 0.3, sample, 0.05)
