"""Each image operation against Pillow's, by which the papers define them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps
from scipy.stats import chisquare

from bench import Batch
from bench.plugins.registry import find
from strategies import _image_operations as ours
from tests.strategies.moments import key, moment
from tests.strategies.pillow import as_pillow, close

RANDOM = np.random.default_rng(0)
SMOOTH = np.cumsum(RANDOM.integers(-9, 10, (4, 20, 16, 3)), axis=1) * 2 + 120
IMAGES = np.clip(SMOOTH, 30, 220).astype(np.uint8)
PIXELS = tf.constant(IMAGES / 255.0, tf.float32)


def agrees(result: tf.Tensor, operation: Callable[[Image.Image], Image.Image]) -> None:
    for got, image in zip(result.numpy(), IMAGES, strict=True):
        expected = np.asarray(operation(Image.fromarray(image)))
        assert close(got, expected), np.abs(got * 255 - expected).max()


def test_geometry() -> None:
    n = len(IMAGES)
    for what, matrix in {
        "x by y": (1, 0.3, 0, 0, 1, 0), "y by x": (1, 0, 0, 0.3, 1, 0),
        "x": (1, 0, 0.3, 0, 1, 0), "y": (1, 0, 0, 0, 1, 0.3),
    }.items():  # fmt: skip
        scale = 20.0 if len(what) == 1 else 1.0
        theirs = [v * scale if v == 0.3 else v for v in matrix]
        agrees(
            ours.transformed(PIXELS, ours.moved(tf.fill([n], 0.3 * scale), what), 128 / 255),
            lambda image, theirs=theirs: as_pillow(image, theirs),  # type: ignore[misc]
        )
    agrees(
        ours.transformed(PIXELS, ours.rotated(tf.fill([n], 25.0), 20, 16), 0.0),
        lambda image: image.rotate(25.0, fillcolor=(0, 0, 0)),
    )


def test_enhancement() -> None:
    for bare, kind in (
        (tf.zeros_like(PIXELS), ImageEnhance.Brightness), (ours.grayed(PIXELS), ImageEnhance.Color),
        (ours.flattened(PIXELS), ImageEnhance.Contrast),
        (ours.smoothed(PIXELS), ImageEnhance.Sharpness),
    ):  # fmt: skip
        for factor in (0.1, 0.73, 1.0, 1.9):
            agrees(
                ours.enhanced(PIXELS, bare, tf.fill([len(IMAGES)], factor)),
                lambda image, k=kind, f=factor: k(image).enhance(f),  # type: ignore[misc]
            )


def test_tones() -> None:
    n = len(IMAGES)
    for bits in range(7):
        agrees(
            ours.posterized(PIXELS, tf.fill([n], bits)),
            lambda image, b=bits: ImageOps.posterize(image, 8 - b),  # type: ignore[misc]
        )
    agrees(ours.solarized(PIXELS, tf.fill([n], 0.5)), lambda i: ImageOps.solarize(i, 128))
    agrees(ours.solarized(PIXELS, tf.fill([n], 0.0)), lambda i: i)
    agrees(ours.solarized(PIXELS, tf.fill([n], 1.0)), ImageOps.invert)
    agrees(ours.auto_contrasted(PIXELS), ImageOps.autocontrast)


def test_equalizing_is_exact() -> None:
    result = np.round(ours.equalized(PIXELS).numpy() * 255)
    for got, image in zip(result, IMAGES, strict=True):
        np.testing.assert_array_equal(got, np.asarray(ImageOps.equalize(Image.fromarray(image))))


def test_an_image_of_one_color_stays() -> None:
    flat = tf.fill([2, 8, 8, 3], 100 / 255)
    np.testing.assert_array_equal(ours.auto_contrasted(flat), flat)
    np.testing.assert_allclose(ours.equalized(flat), flat, rtol=1e-6)


def test_every_example_takes_each_operation_as_often() -> None:
    """Over many keys; in a batch nobody shares a seat, and no operation has more than its own."""
    deal = tf.function(lambda k: ours.deal(k, 16, 5), autograph=False)
    seats = np.array([deal(key(seed))[0] for seed in range(1_500)])
    assert all(len(set(row)) == 16 for row in seats[:50])
    operations = seats // 4
    assert all(np.bincount(row).max() <= 4 for row in operations)
    for example in range(16):
        assert chisquare(np.bincount(operations[:, example], minlength=5)).pvalue > 1e-5
    seat, sitting = ours.deal(key(), 16, 5)
    np.testing.assert_array_equal(tf.gather(sitting, seat), np.arange(16))


def test_gray_images_have_the_operations_of_pillow_on_gray() -> None:
    gray = tf.constant(IMAGES[..., :1] / 255.0, tf.float32)
    for bare, kind in (
        (ours.grayed(gray), ImageEnhance.Color), (ours.flattened(gray), ImageEnhance.Contrast),
        (ours.smoothed(gray), ImageEnhance.Sharpness),
    ):  # fmt: skip
        got = ours.enhanced(gray, bare, tf.fill([len(IMAGES)], 0.3)).numpy()
        for ours_, image in zip(got, IMAGES, strict=True):
            theirs = np.asarray(kind(Image.fromarray(image[..., 0], "L")).enhance(0.3))
            assert close(ours_, theirs[..., None])


@pytest.mark.parametrize("channels", [1, 2, 4, 5])
@pytest.mark.parametrize("name", ["rand_augment", "trivial_augment"])
def test_every_operation_works_on_any_number_of_channels(name: str, channels: int) -> None:
    pixels = RANDOM.random((28, 8, 8, channels)).astype(np.float32)
    strategy = find().strategies[name]()
    result = strategy.examples(Batch(tf.constant(pixels), None, None), moment()).values.numpy()
    assert result.shape == pixels.shape
    assert np.isfinite(result).all()
    assert result.min() >= 0.0
    assert result.max() <= 1.0
    assert (result != pixels).any(axis=(1, 2, 3)).sum() > 14
