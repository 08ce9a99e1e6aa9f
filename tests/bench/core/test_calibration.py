"""The floor of the expected calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from bench.core.calibration import expected_ece
from bench.core.record import CalibrationBin


def test_the_floor_is_the_mean_error_of_calibrated_answers() -> None:
    random = np.random.default_rng(1)
    counts, confidence = np.array([7, 40, 300, 1, 0]), np.array([0.1, 0.35, 0.9, 1.0, 0.0])
    right = random.binomial(counts, confidence, (20_000, 5)) / np.maximum(counts, 1)
    drawn = (counts * np.abs(right - confidence)).sum(axis=1) / counts.sum()
    bins = [
        CalibrationBin(count=int(n), confidence=c, accuracy=0.5)
        for n, c in zip(counts, confidence, strict=True)
    ]
    assert expected_ece(bins) == pytest.approx(drawn.mean(), rel=0.01)


def test_more_examples_have_a_lower_floor_and_no_bins_none() -> None:
    few, many = (
        expected_ece([CalibrationBin(count=n, confidence=0.7, accuracy=0.7)]) for n in (100, 10_000)
    )
    assert few is not None
    assert many == pytest.approx(few / 10, rel=0.02)
    assert expected_ece([]) is None
