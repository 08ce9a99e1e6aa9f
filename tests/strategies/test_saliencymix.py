"""SaliencyMix against section 3 of 2006.01791."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Batch
from strategies._mixing import Pairs
from strategies.cutmix import Cut
from strategies.saliencymix import SaliencyMix, saliency, salient
from tests.strategies.moments import key, moment

SIZE, HEIGHT, WIDTH, CLASSES = 64, 12, 16, 64
RANDOM = np.random.default_rng(0)
PLACES = np.stack([RANDOM.integers(0, HEIGHT, SIZE), RANDOM.integers(0, WIDTH, SIZE)], axis=1)
CENTER = tf.constant(RANDOM.random((SIZE, 2)), tf.float32)


def spotted() -> np.ndarray:
    """Return images of faint noise with one spot, bright or dark, on a level of their own."""
    images = RANDOM.normal(size=(SIZE, HEIGHT, WIDTH, 3)) * 0.05
    images += RANDOM.normal(size=(SIZE, 1, 1, 1))
    images[np.arange(SIZE), PLACES[:, 0], PLACES[:, 1]] += np.where(np.arange(SIZE) % 2, 2.0, -2.0)[
        :, None
    ]
    return images.astype(np.float32)


IMAGES = spotted()


def mixed(share: float, images: np.ndarray = IMAGES) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mixed images, their targets and the partners, where lambda is `share`."""
    partners = np.roll(np.arange(SIZE), 5)
    pairs = Pairs(tf.constant(partners, tf.int32), tf.fill([SIZE], share))
    now = moment()._replace(drawn=Cut(pairs, CENTER))
    batch = Batch(tf.constant(images), None, tf.eye(SIZE))
    result = SaliencyMix().features(batch, now)
    return result.values.numpy(), result.targets.numpy(), partners


def test_saliency_is_the_distance_to_the_means_of_windows() -> None:
    found = saliency(tf.constant(IMAGES[:2])).numpy()
    bright = IMAGES[:2].astype(np.float64).mean(axis=-1)
    expected = np.zeros_like(bright)
    for radius in (1, 1, 3):  # windows of 3, 3 and 7 pixels on images of 12 rows
        for row, column in np.ndindex(HEIGHT, WIDTH):
            rows = slice(max(row - radius, 0), row + radius + 1)
            columns = slice(max(column - radius, 0), column + radius + 1)
            mean = bright[:, rows, columns].mean(axis=(1, 2))
            expected[:, row, column] += np.abs(bright[:, row, column] - mean)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_the_most_salient_pixel_is_the_spot_dark_or_bright() -> None:
    found = salient(tf.constant(IMAGES), CENTER).numpy() * [HEIGHT, WIDTH]
    np.testing.assert_array_equal(np.floor(found), PLACES)


def test_a_flat_image_has_a_random_center() -> None:
    flat = np.ones_like(IMAGES) * RANDOM.normal(size=(SIZE, 1, 1, 3)).astype(np.float32) * 3
    np.testing.assert_array_equal(salient(tf.constant(flat), CENTER), CENTER)


@pytest.mark.parametrize("share", [0.9, 0.75, 0.3])
def test_a_box_around_the_partner_s_spot_is_pasted_at_the_same_place(share: float) -> None:
    values, targets, partners = mixed(share)
    side = np.sqrt(1 - np.float32(share))
    tall, wide = int(side * HEIGHT), int(side * WIDTH)
    for i, partner in enumerate(partners):
        row, column = PLACES[partner]
        inside = np.zeros((HEIGHT, WIDTH), bool)
        top, left = row - tall // 2, column - wide // 2
        inside[max(top, 0) : top + tall, max(left, 0) : left + wide] = True
        expected = np.where(inside[..., None], IMAGES[partner], IMAGES[i])
        np.testing.assert_array_equal(values[i], expected)
        # The label's share is that of the pixels that were really pasted.
        kept = 1 - inside.mean()
        assert targets[i, i] == pytest.approx(kept, abs=1e-6)
        assert targets[i, partner] == pytest.approx(1 - kept, abs=1e-6)


def test_half_precision_finds_the_same_places() -> None:
    half = tf.cast(IMAGES, tf.bfloat16)
    found = salient(half, CENTER).numpy() * [HEIGHT, WIDTH]
    np.testing.assert_array_equal(np.floor(found), PLACES)
    exact = saliency(tf.cast(half, tf.float32))
    np.testing.assert_array_equal(saliency(half).numpy().astype(np.float64), exact)


def test_a_share_of_the_examples_is_mixed_and_the_shares_are_uniform() -> None:
    drawn = SaliencyMix(prob=0.4).draw(key(), 5000)
    shares = drawn.pairs.share.numpy()
    assert (shares < 1).mean() == pytest.approx(0.4, abs=0.03)
    assert shares[shares < 1].mean() == pytest.approx(0.5, abs=0.03)
    assert shares[shares < 1].var() == pytest.approx(1 / 12, rel=0.1)
