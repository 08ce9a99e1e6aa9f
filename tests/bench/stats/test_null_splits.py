from __future__ import annotations

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.stats.null_splits import LIMIT, false_positive_share


def test_splits_of_nothing_are_rarely_significant() -> None:
    random = np.random.default_rng(1)
    shares = [false_positive_share(random.normal(0.6, 0.01, 20), seed=i) for i in range(100)]
    assert 0.03 < np.mean(shares) < 0.07
    assert np.mean(np.array(shares) <= LIMIT) > 0.9


def test_splits_are_seeded() -> None:
    values = np.random.default_rng(2).normal(size=21)
    assert false_positive_share(values, seed=3) == false_positive_share(values, seed=3)


def test_too_few_seeds() -> None:
    with pytest.raises(UsageError, match="3 seeds"):
        false_positive_share(np.ones(3))
