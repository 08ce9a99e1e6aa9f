"""CutMix against equations 1 and 2 of 1905.04899 and a box drawn in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bench import Batch, UsageError
from strategies._mixing import Pairs
from strategies.cutmix import Cut, CutMix, cutmix

SIZE, HEIGHT, WIDTH, CLASSES = 256, 12, 20, 5
KEY = tf.constant([7, 8])
IDENTITY = tf.one_hot(tf.range(SIZE) % CLASSES, CLASSES)


def numbered(shape: tuple[int, ...]) -> np.ndarray:
    """Fill every example with its own number, so that a pasted position shows its origin."""
    ids = np.arange(shape[0], dtype=np.float32).reshape(-1, *[1] * (len(shape) - 1))
    return np.broadcast_to(ids, shape).copy()


def shifted(count: int) -> tf.Tensor:
    """Make partners other than the example itself, each of another class."""
    return tf.roll(tf.range(count), 1, axis=0)


def drawn(alpha: float = 1.0) -> Cut:
    cut = CutMix(alpha=alpha).draw(KEY, SIZE)
    return cut._replace(pairs=cut.pairs._replace(partners=shifted(SIZE)))


def test_the_label_has_the_share_of_the_pixels_really_kept() -> None:
    images, cut = numbered((SIZE, HEIGHT, WIDTH, 3)), drawn()
    mixed = cutmix(Batch(tf.constant(images), None, IDENTITY), cut)
    own = (mixed.values.numpy() == images).all(axis=-1)
    other = (mixed.values.numpy() == np.roll(images, 1, axis=0)).all(axis=-1)
    assert (own ^ other).all()
    kept = own.mean(axis=(1, 2))
    expected = kept[:, None] * IDENTITY + (1 - kept)[:, None] * np.roll(IDENTITY, 1, axis=0)
    np.testing.assert_allclose(mixed.targets, expected, atol=1e-6)
    assert len(np.unique(kept)) > 50


def test_the_pasted_part_is_the_clipped_box_of_the_paper() -> None:
    cut = drawn()
    mixed = cutmix(Batch(tf.constant(numbered((SIZE, HEIGHT, WIDTH, 1))), None, IDENTITY), cut)
    for i in range(SIZE):
        box = np.zeros((HEIGHT, WIDTH), bool)
        side = np.sqrt(np.float32(1) - cut.pairs.share.numpy()[i])
        spans = []
        for center, length in zip(cut.center.numpy()[i], (HEIGHT, WIDTH), strict=True):
            size = int(side * np.float32(length))
            first = int(center * np.float32(length)) - size // 2
            spans.append(slice(max(first, 0), max(first + size, 0)))
        box[tuple(spans)] = True
        np.testing.assert_array_equal(mixed.values.numpy()[i, ..., 0] != i, box)


def test_an_unclipped_box_has_the_share_that_was_drawn() -> None:
    """In the middle of a large picture, up to the rounding of its sides."""
    share = tf.constant([0.96, 0.75, 0.51])
    cut = Cut(Pairs(shifted(3), share), tf.fill([3, 2], 0.5))
    mixed = cutmix(Batch(tf.constant(numbered((3, 400, 400, 1))), None, IDENTITY[:3]), cut)
    own = (mixed.values.numpy()[..., 0] == np.arange(3).reshape(3, 1, 1)).mean(axis=(1, 2))
    np.testing.assert_allclose(own, share, atol=5e-3)


def test_boxes_at_the_border_paste_less_than_was_drawn() -> None:
    cut = Cut(Pairs(shifted(2), tf.constant([0.5, 0.5])), tf.constant([[0.0, 0.0], [0.5, 0.5]]))
    mixed = cutmix(Batch(tf.constant(numbered((2, 32, 32, 3))), None, IDENTITY[:2]), cut)
    # Side floor(32 sqrt(.5)) = 22: in the corner 11 of it are left.
    np.testing.assert_allclose(mixed.targets[0, 1], 11 * 11 / 1024, atol=1e-6)
    np.testing.assert_allclose(mixed.targets[1, 0], 22 * 22 / 1024, atol=1e-6)


def test_a_share_of_one_pastes_nothing() -> None:
    images = numbered((SIZE, HEIGHT, WIDTH, 3))
    cut = drawn()
    cut = cut._replace(pairs=cut.pairs._replace(share=tf.ones(SIZE)))
    mixed = cutmix(Batch(tf.constant(images), None, IDENTITY), cut)
    np.testing.assert_array_equal(mixed.values, images)
    np.testing.assert_array_equal(mixed.targets, IDENTITY)


def test_a_text_gets_a_span_and_keeps_its_mask() -> None:
    length = 15
    words = np.random.default_rng(1).integers(1, length + 1, SIZE)
    mask = np.arange(length)[None, :] < words[:, None]
    embedded = numbered((SIZE, length, 2))
    mixed = cutmix(Batch(tf.constant(embedded), tf.constant(mask), IDENTITY), drawn())
    pasted = mixed.values.numpy()[..., 0] != np.arange(SIZE)[:, None]
    assert mixed.mask is not None
    np.testing.assert_array_equal(mixed.mask, mask)
    assert not (pasted & ~mask).any()
    assert not (pasted & ~np.roll(mask, 1, axis=0)).any()
    edges = np.diff(np.pad(pasted, ((0, 0), (1, 1))).astype(int), axis=1)
    assert (np.abs(edges).sum(axis=1) <= 2).all()
    kept = 1 - pasted.sum(axis=1) / words
    np.testing.assert_allclose(
        mixed.targets,
        kept[:, None] * IDENTITY + (1 - kept)[:, None] * np.roll(IDENTITY, 1, axis=0),
        atol=1e-6,
    )
    assert 0.1 < pasted.sum() / mask.sum() < 0.5


@pytest.mark.parametrize("per", ["example", "batch"])
def test_one_box_for_the_batch_or_one_for_each_example(per: str) -> None:
    images = tf.constant(numbered((SIZE, HEIGHT, WIDTH, 1)))
    cut = CutMix(per=per).draw(KEY, SIZE)
    cut = cut._replace(pairs=cut.pairs._replace(partners=shifted(SIZE)))
    mixed = cutmix(Batch(images, None, IDENTITY), cut)
    boxes = np.unique(mixed.values.numpy() != images.numpy(), axis=0)
    assert len(boxes) == 1 if per == "batch" else len(boxes) > SIZE / 2


def test_centers_are_uniform_and_their_own() -> None:
    cut = CutMix().draw(KEY, 4_000)
    both = np.c_[cut.center.numpy(), cut.pairs.share.numpy()]
    np.testing.assert_allclose(both[:, :2].mean(axis=0), 0.5, atol=0.02)
    np.testing.assert_allclose(both[:, :2].var(axis=0), 1 / 12, rtol=0.05)
    np.testing.assert_allclose(np.corrcoef(both.T) - np.eye(3), 0.0, atol=0.05)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_any_number_of_channels_will_do(channels: int) -> None:
    images = numbered((SIZE, HEIGHT, WIDTH, channels))
    mixed = cutmix(Batch(tf.constant(images), None, IDENTITY), drawn()).values.numpy()
    own = mixed == images
    assert (own == own[..., :1]).all()
    assert 0.2 < own.mean() < 0.9


def test_values_that_are_no_images_are_named() -> None:
    with pytest.raises(UsageError, match=r"cutmix needs images \[B, H, W, C\] and got .*12, 20"):
        cutmix(Batch(tf.constant(numbered((SIZE, HEIGHT, WIDTH))), None, IDENTITY), drawn())


def test_the_span_of_a_text_is_the_share_that_was_drawn_around_its_center() -> None:
    """In one dimension: floor((1 - lambda) length) positions, without the box's square root."""
    length, cut = 40, drawn()
    mask = np.ones((SIZE, length), bool)
    mixed = cutmix(
        Batch(tf.constant(numbered((SIZE, length, 2))), tf.constant(mask), IDENTITY), cut
    )
    pasted = mixed.values.numpy()[..., 0] != np.arange(SIZE)[:, None]
    for i in range(SIZE):
        size = int((np.float32(1) - cut.pairs.share.numpy()[i]) * np.float32(length))
        first = int(cut.center.numpy()[i, 0] * np.float32(length)) - size // 2
        expected = np.zeros(length, bool)
        expected[max(first, 0) : max(first + size, 0)] = True
        np.testing.assert_array_equal(pasted[i], expected)


def test_lambda_is_distributed_as_its_alpha_says() -> None:
    share = CutMix(alpha=0.3).draw(KEY, 4_000).pairs.share.numpy()
    assert stats.kstest(share, stats.beta(0.3, 0.3).cdf).pvalue > 0.01
    assert stats.kstest(share, stats.beta(1.0, 1.0).cdf).pvalue < 1e-6
