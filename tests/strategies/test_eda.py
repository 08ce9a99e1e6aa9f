"""EDA against section 2 of 1901.11196."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Batch
from bench.data.dataset import FIRST_WORD, UNKNOWN
from strategies._random import uniform
from strategies.eda import Eda, delete, insert, shuffle, swap, words_of
from tests.strategies.moments import key, moment

SIZE, WIDTH = 900, 40
LENGTHS = np.random.default_rng(0).integers(0, WIDTH + 1, SIZE)
LENGTHS[:6] = 0, 1, 2, 3, WIDTH, WIDTH
MASK = np.arange(WIDTH)[None, :] < LENGTHS[:, None]
UNIQUE = np.where(MASK, np.arange(WIDTH)[None, :] + FIRST_WORD, 0).astype(np.int32)
"""Texts in which a word tells its place."""
IDS, THERE, WORDS = tf.constant(UNIQUE), tf.constant(MASK), tf.constant(LENGTHS, tf.int32)
NEW = tf.fill([SIZE, WIDTH], 1000)
COUNT = np.where(LENGTHS > 0, np.maximum(np.floor(np.round(0.1 * LENGTHS, 6)), 1), 0).astype(int)


def chance(width: int = WIDTH, seed: int = 0) -> tf.Tensor:
    return uniform(key(seed), [SIZE, width])


def changed(prob: float = 1.0, alpha: float = 0.1, seed: int = 0, ids: tf.Tensor = IDS) -> Batch:
    return Eda(alpha, prob).examples(Batch(ids, THERE, tf.ones([SIZE, 2])), moment(seed=seed))


def kinds(batch: Batch) -> np.ndarray:
    """Tell from the lengths and the new words which operation each text had."""
    ids, there = batch.values.numpy(), batch.mask.numpy()
    after = there.sum(axis=1)
    same = (np.sort(ids, axis=1) == np.sort(UNIQUE, axis=1)).all(axis=1)
    swapped = same & (ids != UNIQUE).any(axis=1)
    return np.select([after < LENGTHS, after > LENGTHS, swapped], ["delete", "insert", "swap"], "")


def test_a_swap_exchanges_disjoint_pairs_of_words() -> None:
    after = swap(IDS, THERE, tf.constant(COUNT, tf.int32), shuffle(WORDS, chance())).numpy()
    moved = (after != UNIQUE).sum(axis=1)
    np.testing.assert_array_equal(moved, 2 * np.minimum(COUNT, LENGTHS // 2))
    np.testing.assert_array_equal(after[~MASK], 0)
    # Each word of a pair stands where the other one stood.
    places = np.where(MASK, after - FIRST_WORD, np.arange(WIDTH))
    back = np.take_along_axis(places, places, axis=1)
    np.testing.assert_array_equal(back, np.broadcast_to(np.arange(WIDTH), back.shape))


def test_every_word_is_swapped_as_often() -> None:
    ids = tf.tile(tf.range(20)[None, :] + 2, [SIZE, 1])
    count = tf.fill([SIZE], 2)
    places = shuffle(tf.fill([SIZE], 20), chance(20))
    after = swap(ids, tf.ones_like(ids, tf.bool), count, places).numpy()
    times = (after != ids.numpy()).sum(axis=0)
    assert stats.chisquare(times).pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_each_word_is_deleted_with_probability_alpha_and_the_others_close_up(rate: float) -> None:
    after, left = (t.numpy() for t in delete(IDS, THERE, rate, chance()))
    remaining = left.sum(axis=1)
    np.testing.assert_array_equal(left, np.arange(WIDTH)[None, :] < remaining[:, None])
    np.testing.assert_array_equal(after[~left], 0)
    steps = np.diff(np.where(left, after, 10**6 + np.arange(WIDTH)), axis=1)
    assert (steps > 0).all()
    assert set(after[left]) <= set(range(FIRST_WORD, FIRST_WORD + WIDTH))
    long = LENGTHS > 10
    kept = stats.binomtest(int(remaining[long].sum()), int(LENGTHS[long].sum()), 1 - rate)
    assert kept.pvalue > 1e-3
    # No place is spared.
    share = [(after[long] == FIRST_WORD + place).sum() for place in range(10)]
    assert stats.chisquare(share).pvalue > 1e-3


def test_a_text_never_loses_all_its_words_and_an_empty_one_stays_empty() -> None:
    after, left = (t.numpy() for t in delete(IDS, THERE, 1.0, chance()))
    np.testing.assert_array_equal(left.sum(axis=1), np.minimum(LENGTHS, 1))
    some = LENGTHS > 10
    first = after[some, 0]
    assert len(np.unique(first)) > 10
    assert ((first >= FIRST_WORD) & (first < FIRST_WORD + LENGTHS[some])).all()


def test_words_are_inserted_at_random_places_between_the_others() -> None:
    count = tf.constant(COUNT, tf.int32)
    places = shuffle(WORDS + count, chance(WIDTH * 3 // 2 + 1))
    after, there = (t.numpy() for t in insert(IDS, THERE, NEW, count, places))
    total = np.minimum(LENGTHS + COUNT, WIDTH)
    np.testing.assert_array_equal(there, np.arange(WIDTH)[None, :] < total[:, None])
    np.testing.assert_array_equal(after[~there], 0)
    for text, length, number, words in zip(after, LENGTHS, COUNT, total, strict=True):
        old = text[:words][text[:words] != 1000] - FIRST_WORD
        np.testing.assert_array_equal(old, np.arange(len(old)))
        if length + number <= WIDTH:
            assert len(old) == length
    # One word into texts of nine: ten places, each as likely.
    nine = tf.range(9)[None, :] < tf.fill([SIZE, 1], 9)
    ids = tf.tile(tf.range(9)[None, :] + 2, [SIZE, 1])
    wide, padding = tf.pad(ids, [[0, 0], [0, 3]]), tf.pad(nine, [[0, 0], [0, 3]])
    places = shuffle(tf.fill([SIZE], 10), chance(19))
    one, _ = insert(wide, padding, NEW[:, :12], tf.ones([SIZE], tf.int32), places)
    counts = np.bincount(np.argmax(one.numpy() == 1000, axis=1), minlength=10)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_a_new_word_may_come_before_each_word_and_after_the_last() -> None:
    """In the strategy, too. Each text has words of its own, so that a word of another one is new."""
    own = np.arange(SIZE * 9, dtype=np.int32).reshape(SIZE, 9) + FIRST_WORD
    ids = np.pad(own, [[0, 0], [0, 3]])
    batch = Batch(tf.constant(ids), tf.constant(ids > 0), tf.ones([SIZE, 2]))
    counts = np.zeros(10, int)
    for seed in range(4):
        after, there, _ = (t.numpy() for t in Eda(0.1, 1.0).examples(batch, moment(seed=seed)))
        new = there & ((after < own[:, :1]) | (after > own[:, -1:]))
        counts += np.bincount(new.argmax(axis=1)[new.any(axis=1)], minlength=10)
    assert counts.sum() > 1_000
    assert stats.chisquare(counts).pvalue > 1e-3


def test_new_words_are_known_words_of_the_batch_as_often_as_it_has_them() -> None:
    ids = np.zeros((SIZE, 4), np.int32)
    ids[:, 0], ids[::2, 1], ids[:, 2] = 5, 6, UNKNOWN
    mask = ids > 0
    drawn = words_of(tf.constant(ids), tf.constant(mask), key()).numpy()
    counts = Counter(drawn.ravel().tolist())
    assert set(counts) == {5, 6}
    assert stats.binomtest(counts[6], drawn.size, 1 / 3).pvalue > 1e-3
    nothing = words_of(tf.zeros([2, 3], tf.int32), tf.zeros([2, 3], tf.bool), key())
    np.testing.assert_array_equal(nothing, UNKNOWN)


def test_each_text_has_one_of_the_three_operations_as_likely() -> None:
    several = (LENGTHS >= 20) & (LENGTHS <= 30)
    found = np.concatenate([kinds(changed(alpha=0.3, seed=s))[several] for s in range(4)])
    counts = Counter(found)
    assert set(counts) == {"delete", "insert", "swap"}
    assert stats.chisquare([*counts.values()]).pvalue > 1e-3


@pytest.mark.parametrize("prob", [0.25, 0.8])
def test_a_share_of_the_texts_is_changed(prob: float) -> None:
    several = (LENGTHS >= 20) & (LENGTHS <= 30)
    found = np.concatenate([kinds(changed(prob, 0.3, s))[several] for s in range(4)])
    assert stats.binomtest(int((found != "").sum()), len(found), prob).pvalue > 1e-3


def test_alpha_counts_the_true_length_and_at_least_one_word() -> None:
    batch = changed()
    after, kind = batch.mask.numpy().sum(axis=1), kinds(batch)
    fits = (kind == "insert") & (LENGTHS + COUNT <= WIDTH)
    assert fits.sum() > 100
    np.testing.assert_array_equal((after - LENGTHS)[fits], COUNT[fits])
    swaps = (kind == "swap") & (LENGTHS > 1)
    moved = (batch.values.numpy() != UNIQUE).sum(axis=1)
    np.testing.assert_array_equal(moved[swaps], 2 * COUNT[swaps])
    short = (LENGTHS > 1) & (LENGTHS < 10)
    assert np.isin(kind[short], ["insert", "swap"]).mean() > 0.5


def test_padding_stays_padding_and_a_text_stays_a_text() -> None:
    for seed in range(3):
        ids, mask, _ = changed(alpha=0.5, seed=seed)
        length = mask.numpy().sum(axis=1)
        np.testing.assert_array_equal(mask, np.arange(WIDTH)[None, :] < length[:, None])
        np.testing.assert_array_equal(ids.numpy() > 0, mask)
        np.testing.assert_array_equal(length > 0, LENGTHS > 0)
        assert ids.dtype == tf.int32


def test_without_a_chance_nothing_changes() -> None:
    batch = changed(prob=0.0)
    np.testing.assert_array_equal(batch.values, UNIQUE)
    np.testing.assert_array_equal(batch.mask, MASK)
