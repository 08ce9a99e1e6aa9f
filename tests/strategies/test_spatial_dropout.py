from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Slot
from strategies.spatial_dropout import SpatialDropout, drop_channels
from tests.strategies.moments import key, moment


@pytest.mark.parametrize("shape", [(50, 4, 4, 30), (50, 7, 30)])
def test_a_channel_goes_at_all_positions_of_an_example(shape: tuple[int, ...]) -> None:
    noise = drop_channels(tf.ones(shape), 0.4, key()).numpy()
    flat = noise.reshape(shape[0], -1, shape[-1])
    np.testing.assert_array_equal(flat, np.broadcast_to(flat[:, :1], flat.shape))
    assert np.mean(flat[:, 0] == 0) == pytest.approx(0.4, abs=0.05)
    assert flat.max() == pytest.approx(1 / 0.6)
    assert len(np.unique(flat[:, 0], axis=0)) > 40, "examples draw their own channels"


def test_the_expectation_is_kept() -> None:
    values = tf.random.stateless_normal([1, 3, 3, 4], [1, 2]) + 2.0
    many = drop_channels(tf.repeat(values, 20_000, axis=0), 0.3, key())
    np.testing.assert_allclose(tf.reduce_mean(many, axis=0), values[0], rtol=0.03, atol=0.03)


def test_vectors_are_left_alone() -> None:
    values = tf.ones([8, 8])
    assert SpatialDropout(0.9).noise(Slot("pooled", "vector"), values, moment()) is values
