"""Alternating flips, translations and Lookahead, against what their papers say."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Batch, Moment
from bench.core.strategy import Weights
from strategies.alternating_flip import AlternatingFlip, coin
from strategies.lookahead import Lookahead
from strategies.translate import Translate
from tests.strategies.moments import moment

RANDOM = np.random.default_rng(2)
IMAGES = tf.constant(RANDOM.uniform(size=(64, 6, 5, 3)), tf.float32)
BATCH = Batch(IMAGES, None, tf.one_hot(np.zeros(64, int), 2))


def at(epoch: int, rows: np.ndarray, trial: tuple[int, int] = (3, 4)) -> Moment:
    return moment()._replace(
        rows=tf.constant(rows), epoch=tf.constant(epoch), trial_key=tf.constant(trial)
    )


def mirrored(moment: Moment) -> np.ndarray:
    turned = AlternatingFlip().examples(BATCH, moment).values.numpy()
    same = (turned == IMAGES.numpy()).all(axis=(1, 2, 3))
    assert np.array_equal(turned[~same], IMAGES.numpy()[~same][:, :, ::-1])
    return ~same


def test_an_image_is_mirrored_in_every_second_epoch_wherever_it_stands_in_the_batch() -> None:
    rows = np.arange(64)
    first, second, third = (mirrored(at(epoch, rows)) for epoch in range(3))
    assert np.array_equal(first, ~second)
    assert np.array_equal(first, third)
    shuffled = RANDOM.permutation(64)
    assert np.array_equal(mirrored(at(0, rows[shuffled])), first[shuffled])


def test_the_coin_is_fair_and_another_one_in_each_trial() -> None:
    rows = tf.range(40_000)
    tosses = [coin(rows, tf.constant(key)).numpy() for key in ((1, 2), (1, 3), (7, 2))]
    for toss in tosses:
        assert set(toss) == {0, 1}
        assert toss.mean() == pytest.approx(0.5, abs=0.01)
        assert np.corrcoef(toss[:-1], toss[1:])[0, 1] == pytest.approx(0.0, abs=0.02)
    assert np.corrcoef(np.stack(tosses))[np.triu_indices(3, 1)] == pytest.approx(0.0, abs=0.02)


def test_every_shift_is_drawn_equally_often_and_the_border_is_reflected() -> None:
    column = tf.broadcast_to(tf.range(5.0)[None, None, :, None], [4_000, 6, 5, 1])
    moved = Translate(pixels=1).examples(Batch(column, None, BATCH.targets), moment(seed=5)).values
    seen = {tuple(image[0, :, 0]) for image in moved.numpy()}
    assert seen == {(1, 0, 1, 2, 3), (0, 1, 2, 3, 4), (1, 2, 3, 4, 3)}
    shares = [float(np.mean(moved[:, 0, 0, 0] == 0)), float(np.mean(moved[:, 0, 4, 0] == 4))]
    assert shares == pytest.approx([1 / 3, 1 / 3], abs=0.03)


def test_the_slow_weights_move_after_every_period_and_replace_the_fast_ones() -> None:
    weight = tf.Variable([0.0])
    weights = Weights([weight], [True], [False], [])
    lookahead = Lookahead(alpha=0.5, period=2)
    (slow,) = lookahead.state(weights)
    path = []
    for step in range(4):
        lookahead.update(weights, [], [slow], moment(step), lambda _: weight.assign_add([1.0]))
        path.append((float(weight[0]), float(slow[0])))
    # By algorithm 1: 0 -> 1 -> 2, back to 1; -> 2 -> 3, back to 2.
    assert path == [(1.0, 0.0), (1.0, 1.0), (2.0, 1.0), (2.0, 2.0)]
    assert float(lookahead.evaluated(weights, [slow])[0][0]) == 2.0
