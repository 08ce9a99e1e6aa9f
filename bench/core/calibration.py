"""The calibration error that a sample of a calibrated network shows by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from bench.core.record import CalibrationBin


def expected_ece(bins: Sequence[CalibrationBin]) -> float | None:
    """Return the expected calibration error of a network whose confidences are right.

    In each bin the number of right answers is then binomial. Its mean absolute deviation is exact (de
    Moivre 1730). The expected calibration error of a sample lies above this floor, and approaches it
    where the network is calibrated.

    Returns:
        0 to 1; None without bins.
    """
    counts = np.array([b.count for b in bins if b.count])
    if not counts.size:
        return None
    confidence = np.array([b.confidence for b in bins if b.count])
    above = np.minimum(np.floor(counts * confidence) + 1, counts)
    likely = stats.binom.pmf(above, counts, confidence)
    return float((2 * above * (1 - confidence) * likely).sum() / counts.sum())
