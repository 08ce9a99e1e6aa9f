from __future__ import annotations

from bench.timing.device import Cpu
from bench.timing.matrix_rate import matrix_rate


def test_the_matrix_rate_is_a_processors() -> None:
    assert 1e8 < matrix_rate(Cpu(), "float32") < 1e14
