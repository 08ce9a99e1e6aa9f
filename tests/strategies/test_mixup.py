"""MixUp against equation 1 of 1710.09412."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from bench import Batch
from strategies._mixing import Pairs
from strategies.mixup import MixUp, mixup

RANDOM = np.random.default_rng(0)
PAIRS = Pairs(tf.constant([2, 0, 1, 3]), tf.constant([0.3, 1.0, 0.0, 0.9]))
TARGETS = tf.one_hot([0, 1, 2, 1], 3)


def test_images_and_labels_mix_as_in_the_paper() -> None:
    images = RANDOM.normal(size=(4, 5, 6, 3)).astype(np.float32)
    mixed = mixup(Batch(tf.constant(images), None, TARGETS), PAIRS)
    for i, (partner, share) in enumerate(zip(PAIRS.partners, PAIRS.share.numpy(), strict=True)):
        j = int(partner)
        value = share * images[i] + (1 - share) * images[j]
        np.testing.assert_allclose(mixed.values[i], value, atol=1e-6)
        label = share * TARGETS[i] + (1 - share) * TARGETS[j]
        np.testing.assert_allclose(mixed.targets[i], label, atol=1e-6)
    assert mixed.mask is None


def test_a_share_of_one_leaves_the_bits_of_an_example() -> None:
    images = RANDOM.normal(size=(4, 5, 6, 3)).astype(np.float32)
    mixed = mixup(Batch(tf.constant(images), None, TARGETS), PAIRS)
    np.testing.assert_array_equal(mixed.values[1], images[1])
    np.testing.assert_array_equal(mixed.targets[1], TARGETS[1])


def test_a_mixed_text_has_the_union_of_the_masks_and_zeros_for_padding() -> None:
    embedded = RANDOM.normal(size=(4, 5, 2)).astype(np.float32)
    mask = np.arange(5)[None, :] < np.array([4, 3, 5, 1])[:, None]
    mixed = mixup(Batch(tf.constant(embedded), tf.constant(mask), TARGETS), PAIRS)
    assert mixed.mask is not None
    lengths = mixed.mask.numpy().sum(axis=1)
    # 0 with the longer 2; 1 without the longer 0; 2 gone for the shorter 1; 3 with itself.
    assert lengths.tolist() == [5, 3, 3, 1]
    np.testing.assert_allclose(mixed.values[0, 4], 0.7 * embedded[2, 4], atol=1e-6)
    np.testing.assert_allclose(
        mixed.values[0, 1], 0.3 * embedded[0, 1] + 0.7 * embedded[2, 1], atol=1e-6
    )
    np.testing.assert_array_equal(mixed.values[1, :3], embedded[1, :3])


def test_what_stands_in_the_padding_does_not_matter() -> None:
    embedded = RANDOM.normal(size=(4, 5, 2)).astype(np.float32)
    mask = np.arange(5)[None, :] < np.array([2, 3, 5, 1])[:, None]
    other = np.where(mask[..., None], embedded, 77.0).astype(np.float32)
    first, second = (
        mixup(Batch(tf.constant(e), tf.constant(mask), TARGETS), PAIRS) for e in (embedded, other)
    )
    np.testing.assert_array_equal(first.values, second.values)


def test_the_strategy_draws_by_its_parameters() -> None:
    key = tf.constant([1, 2])
    assert len(np.unique(MixUp().draw(key, 32).share)) == 32
    assert len(np.unique(MixUp(per="batch").draw(key, 32).share)) == 1
    low = np.var(MixUp(alpha=0.05).draw(key, 2_000).share)
    high = np.var(MixUp(alpha=16.0).draw(key, 2_000).share)
    assert low > 0.2 > 0.02 > high
