"""The attention of the Transformer, against that of Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench.networks.forward_pass import Pass
from bench.networks.parts import Parts
from bench.networks.transformer import Attention

BATCH, LENGTH, WIDTH, HEADS = 3, 5, 12, 3
RANDOM = np.random.default_rng(1)
VALUES = tf.constant(RANDOM.normal(0, 2, (BATCH, LENGTH, WIDTH)), tf.float32)
MASK = tf.sequence_mask([5, 2, 4], LENGTH)


def test_it_is_kerass_at_the_same_weights_and_padding_is_not_attended_to() -> None:
    mine = Attention(Parts((), 0), "attention", WIDTH, HEADS)
    found = mine(VALUES, flow=Pass((), MASK))
    theirs = keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS, use_bias=False)
    theirs(VALUES, VALUES)
    kernel, bias = (v.numpy() for v in mine.project.weights)
    joined, joined_bias = (v.numpy() for v in mine.join.weights)
    assert not bias.any()
    assert not joined_bias.any()
    query, key, value = np.moveaxis(kernel.reshape(WIDTH, 3, HEADS, -1), 1, 0)
    theirs.set_weights([query, key, value, joined.reshape(HEADS, -1, WIDTH)])
    expected = theirs(VALUES, VALUES, attention_mask=MASK[:, None, :])
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-5)
