"""The network of words and word pairs."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench.networks.forward_pass import Pass
from bench.networks.ngrams import NgramNetwork, pair_buckets
from bench.networks.parts import Parts

IDS = tf.constant([[5, 9, 7, 0], [9, 5, 7, 0]], tf.int32)
MASK = tf.constant([[True, True, True, False]] * 2)


def test_a_pair_has_a_bucket_of_its_own_and_its_order_counts() -> None:
    buckets = pair_buckets(IDS, 1_000).numpy()
    assert buckets.shape == (2, 4)
    assert buckets[0, 1] != buckets[1, 1]  # (5, 9) and (9, 5)
    assert buckets.min() >= 0
    assert buckets.max() < 1_000
    ids = tf.random.stateless_uniform((200, 50), [1, 2], 2, 5_000, tf.int32)
    counts = np.bincount(pair_buckets(ids, 100).numpy().ravel(), minlength=100)
    assert counts.std() < 3 * np.sqrt(100)  # as evenly as chance: 100 expected in each


def test_logits_are_linear_in_the_mean_over_words_and_padding_is_left_out() -> None:
    network = NgramNetwork(Parts((), 0), vocabulary=20, buckets=50, embedding=6, classes=2)
    logits = network(network.embed(IDS), flow=Pass((), MASK)).numpy()
    kernel, bias = (v.numpy() for v in network.head.weights)
    words = network.words(IDS).numpy() + network.pairs(pair_buckets(IDS, 50)).numpy()
    assert logits == pytest.approx(words[:, :3].mean(axis=1) @ kernel + bias, abs=1e-6)
    padded = tf.concat([IDS, tf.constant([[3], [4]])], axis=1)
    mask = tf.concat([MASK, tf.constant([[False]] * 2)], axis=1)
    again = network(network.embed(padded), flow=Pass((), mask)).numpy()
    assert again == pytest.approx(logits, abs=1e-6)
    assert np.abs(logits[0] - logits[1]).max() > 1e-4  # the same words in another order
