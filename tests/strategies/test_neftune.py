"""NEFTune against algorithm 1 of 2310.05914."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Batch
from strategies.neftune import NEFTune, with_noise
from tests.strategies.moments import key, moment

LENGTHS = np.random.default_rng(0).integers(1, 31, 500)
MASK = np.arange(30)[None, :] < LENGTHS[:, None]
WIDTH = 16


def noise(alpha: float = 5.0, padding: int = 0, seed: int = 0) -> np.ndarray:
    """Return the noise on zeros, [500, 30 + padding, 16]."""
    mask = np.pad(MASK, ((0, 0), (0, padding)))
    embeddings = tf.zeros([500, 30 + padding, WIDTH])
    return with_noise(embeddings, tf.constant(mask), alpha, key(seed)).numpy()


@pytest.mark.parametrize("alpha", [1.0, 5.0])
def test_the_noise_is_uniform_within_alpha_over_the_root_of_length_times_width(
    alpha: float,
) -> None:
    scaled = noise(alpha) * np.sqrt(LENGTHS * WIDTH)[:, None, None] / alpha
    assert stats.kstest(scaled[MASK].ravel(), stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_padding_gets_no_noise_and_does_not_count() -> None:
    assert not noise()[~MASK].any()
    # As with other padded lengths: norms do not change.
    short, long = (np.linalg.norm(n, axis=(1, 2)) for n in (noise(), noise(padding=50)))
    several = LENGTHS > 5
    assert short[several].mean() == pytest.approx(5.0 / np.sqrt(3), rel=0.02)
    assert long[several].mean() == pytest.approx(5.0 / np.sqrt(3), rel=0.02)


def test_every_text_place_and_feature_has_noise_of_its_own() -> None:
    added = noise()[MASK]
    assert len(np.unique(added)) > 0.99 * added.size
    np.testing.assert_allclose(np.corrcoef(added.T) - np.eye(WIDTH), 0.0, atol=0.06)


def test_an_empty_text_stays_as_it_is() -> None:
    values = tf.ones([2, 3, 4])
    result = with_noise(values, tf.zeros([2, 3], tf.bool), 5.0, key())
    np.testing.assert_array_equal(result, values)


def test_the_stage_adds_it_and_leaves_mask_and_targets_alone() -> None:
    values = tf.constant(np.random.default_rng(1).normal(size=(500, 30, WIDTH)), tf.float32)
    batch = Batch(values, tf.constant(MASK), tf.ones([500, 2]))
    result = NEFTune(2.0).features(batch, moment(seed=3))
    np.testing.assert_allclose(result.values - values, noise(2.0, seed=3), atol=1e-6)
    assert result.mask is batch.mask
    assert result.targets is batch.targets
