"""The argument `seed`: one seed repeats its draws, and another has others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.audit.seeds import seeds
from bench.audit.subject import Subject, found
from bench.core.lazy import tf

HERE = str(Path(__file__).parent / "implementations.py")


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("SeededDropout", "agrees", "others with another seed"),
        ("SeedlessDropout", "differs", "it is ignored"),
        ("numpy_seed", "differs", "draw other numbers"),
        ("NumpyDropout", "does not apply", "no argument `seed`"),
    ],
)
def test_a_seed_that_is_ignored_is_told(name: str, verdict: str, words: str) -> None:
    ones = tf.ones([8, 8])

    def draw(subject: Subject) -> Any:
        call = subject.fresh()
        if name == "numpy_seed":
            return np.asarray(call(ones, ones)[0])
        return np.asarray(call(ones, training=True))

    finding = seeds(found(f"{HERE}:{name}", {}), draw)
    assert finding.verdict == verdict
    assert words in finding.found
