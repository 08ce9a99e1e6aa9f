"""Word dropout: which tokens it may write, and where."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from bench import Batch
from bench.data.dataset import UNKNOWN
from strategies.word_dropout import WordDropout
from tests.strategies.moments import moment

LENGTHS = np.random.default_rng(0).integers(1, 41, 500)
MASK = np.arange(40)[None, :] < LENGTHS[:, None]
IDS = np.where(MASK, np.random.default_rng(1).integers(2, 90, (500, 40)), 0).astype(np.int32)


def dropped(rate: float, step: int = 0) -> np.ndarray:
    batch = Batch(tf.constant(IDS), tf.constant(MASK), tf.zeros([500, 2]))
    result = WordDropout(rate).examples(batch, moment(seed=step))
    np.testing.assert_array_equal(result.mask, MASK)
    assert result.values.dtype == tf.int32
    return result.values.numpy()


def test_a_share_of_the_tokens_becomes_unknown_and_the_rest_stays() -> None:
    after = dropped(0.1)
    changed = after != IDS
    assert (after[changed] == UNKNOWN).all()
    count = MASK.sum()
    assert abs(changed.sum() / count - 0.1) < 4 * np.sqrt(0.1 * 0.9 / count)


def test_padding_is_never_touched() -> None:
    assert (dropped(0.9)[~MASK] == 0).all()
    assert (dropped(0.9)[MASK] != 0).all()


def test_rate_zero_changes_nothing_and_another_key_drops_others() -> None:
    np.testing.assert_array_equal(dropped(0.0), IDS)
    assert (dropped(0.5) != dropped(0.5, step=1)).any()
