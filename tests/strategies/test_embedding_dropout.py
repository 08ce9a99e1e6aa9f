from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from strategies.embedding_dropout import EmbeddingDropout, drop_words
from tests.strategies.moments import key, moment

IDS = np.random.default_rng(0).integers(1, 12, (300, 30)).astype(np.int32)
"""Eleven words, so that most of them occur again and again in a text."""


def kept(rate: float = 0.3, seed: int = 0) -> np.ndarray:
    """Return the factor of every place, [300, 30]."""
    return drop_words(tf.constant(IDS), tf.ones([300, 30, 2]), rate, key(seed)).numpy()[..., 0]


def test_a_word_goes_at_all_its_places_in_a_text_or_at_none() -> None:
    factors = kept()
    for text, row in zip(IDS, factors, strict=True):
        for word in np.unique(text):
            assert len(np.unique(row[text == word])) == 1


def test_texts_draw_their_own_words_and_words_apart_from_each_other() -> None:
    factors = kept()
    fates = np.array([[row[text == w][0] if w in text else 9 for w in (1, 2)]
                      for text, row in zip(IDS, factors, strict=True)])  # fmt: skip
    both = fates[(fates < 9).all(axis=1)] > 0
    assert both[:, 0].mean() == pytest.approx(0.7, abs=0.09)
    assert np.corrcoef(both.T)[0, 1] == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_words_are_dropped_at_the_rate_and_the_mean_is_kept(rate: float) -> None:
    factors = kept(rate)
    assert np.unique(factors) == pytest.approx([0.0, 1 / (1 - rate)])
    assert factors.mean() == pytest.approx(1.0, abs=0.06)


def test_the_whole_embedding_goes_and_gets_no_gradient() -> None:
    table = tf.Variable(tf.random.stateless_normal([12, 5], [1, 2]) + 3.0)
    ids = tf.constant(IDS[:1])
    with tf.GradientTape() as tape:
        embedded = drop_words(ids, tf.gather(table, ids), 0.5, key())
        total = tf.reduce_sum(embedded)
    gradient = tf.convert_to_tensor(tape.gradient(total, table)).numpy()
    seen = np.unique(IDS[0])
    dropped = [w for w in seen if np.all(embedded.numpy()[0][IDS[0] == w] == 0)]
    assert 0 < len(dropped) < len(seen)
    np.testing.assert_array_equal(gradient[dropped], 0)
    rest = [w for w in seen if w not in dropped]
    np.testing.assert_allclose(gradient[rest], 2.0 * np.bincount(IDS[0])[rest, None] * [[1] * 5])


def test_the_stage_uses_its_rate_and_key() -> None:
    ids, ones = tf.constant(IDS), tf.ones([300, 30, 2])
    stage = EmbeddingDropout(0.3).embedded(ids, ones, moment(seed=5))
    np.testing.assert_array_equal(stage.numpy()[..., 0], kept(0.3, seed=5))
