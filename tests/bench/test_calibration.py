from __future__ import annotations

from bench.calibration import matrix_rate
from bench.timers import Cpu


def test_the_matrix_rate_is_a_processors() -> None:
    assert 1e8 < matrix_rate(Cpu(), "float32") < 1e14
