"""The check of an argument `seed`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.audit.finding import Finding, attempted, skipped
from bench.audit.subject import Subject, with_settings
from bench.core.lazy import tf

SEED = 7
OTHERS = range(8, 12)


def seeds(subject: Subject, draw: Callable[[Subject], Any]) -> Finding:
    """The same seed gives the same draws, and another seed gives others.

    Args:
        subject: the implementation.
        draw: makes an instance of a subject, and returns what it draws, an array.
    """
    check = "a seed repeats"
    if not subject.takes("seed"):
        return skipped(check, "it has no argument `seed`")

    def drawn(seed: int) -> Any:
        # TensorFlow's operations count from the global seed, which here is the same for every `seed`:
        # alone it repeats the draws of an implementation that ignores its argument.
        tf.random.set_seed(SEED)
        return draw(with_settings(subject, seed=seed))

    def measure() -> tuple[str, bool]:
        first = drawn(SEED)
        if not np.array_equal(first, drawn(SEED)):
            return "two instances of one seed draw other numbers", False
        if all(np.array_equal(first, drawn(seed)) for seed in OTHERS):
            return "every seed gives the same draws: it is ignored", False
        return "the same draws; others with another seed", True

    return attempted(check, f"instances with seed={SEED} agree, other seeds differ", measure)
