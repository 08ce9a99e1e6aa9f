"""The check on real reviews, on answers that are made up; `real_subsets` trains and checks in full."""

from __future__ import annotations

import numpy as np
import pytest

from bench.data.dataset import Split
from tests.long import real_subsets


@pytest.mark.slow
def test_one_subset_covers_less_than_trials_with_subsets_of_their_own() -> None:
    """Answers of 7 arms, 12 subsets and 6 seeds, in which subsets differ more than seeds."""
    random = np.random.default_rng(1)
    latent = random.normal(0.7, 1.5, 8000) + 0.4 * random.standard_normal((7, 12, 6, 8000))
    latent += 0.03 * random.standard_normal((7, 12, 1, 1))
    latent += 0.01 * random.standard_normal((7, 12, 6, 1))
    now, before = real_subsets.coverage(latent > 0, 5, 60)
    assert 0.90 <= now <= 0.99
    assert before < now - 0.03


def test_the_model_learns_and_bags_hold_words() -> None:
    random = np.random.default_rng(2)
    ids = random.integers(2, 40, (300, 12)).astype(np.int32)
    labels = (ids < 12).any(axis=1).astype(np.int32)
    x = real_subsets.bags(Split(ids, labels))
    assert x.shape == (300, real_subsets.WORDS)
    assert np.allclose(x.multiply(x).sum(axis=1), 1, atol=1e-5)
    weights, bias = real_subsets.trained(real_subsets.ARMS["baseline"], x, labels.astype("f4"), 0)
    assert ((x @ weights + bias > 0) == (labels == 1)).mean() > 0.9
