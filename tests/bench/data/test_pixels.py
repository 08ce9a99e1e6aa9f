"""Images: the range is found, and every batch stage sees float32 in [0, 1]."""

from __future__ import annotations

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.data.pixels import pixels

BYTES = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3)).astype(np.uint8)
BYTES[0, 0, 0], BYTES[0, 0, 1] = 0, 255


def shown(images: np.ndarray) -> np.ndarray:
    """Return the images as the `examples` stage gets them."""
    return images.astype(np.float32) / np.float32(255) if images.dtype == np.uint8 else images


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.int64, np.uint16, np.uint64])
def test_whole_numbers_up_to_255_become_bytes(kind: type) -> None:
    found = pixels(BYTES.astype(kind), BYTES.astype(kind), "mine")
    assert found.train.dtype == found.test.dtype == np.uint8
    assert np.array_equal(found.train, BYTES)
    assert found.change == f"{np.dtype(kind)} in [0, 255] read as bytes"


def test_bytes_and_fractions_stay_the_same_memory() -> None:
    for images in (BYTES, shown(BYTES)):
        found = pixels(images, images, "mine")
        assert np.shares_memory(found.train, images)
        assert found.change == ""


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_fractional_numbers_up_to_255_are_the_pixels_of_their_bytes(kind: type) -> None:
    found = pixels(BYTES.astype(kind), BYTES.astype(kind), "mine")
    assert found.train.dtype == np.float32
    assert np.array_equal(found.train, shown(BYTES))
    assert found.change == f"{np.dtype(kind)} in [0, 255] read as float32 in [0, 1]"


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (shown(BYTES).astype(np.float64), shown(BYTES)),
        (shown(BYTES) * 2 - 1, shown(BYTES)),
        ((shown(BYTES) - 0.3) / 0.2, shown(BYTES)),
        (shown(BYTES) * np.float32(1.02), shown(BYTES)),
        (BYTES.astype(np.int32) * 257, shown(BYTES)),
        (BYTES.astype(np.int32) - 128, shown(BYTES)),
        (BYTES > 127, (BYTES > 127).astype(np.float32)),
        ((BYTES > 127).astype(np.int64), (BYTES > 127).astype(np.float32)),
        ((BYTES > 127).astype(np.uint8), (BYTES > 127).astype(np.float32)),
    ],
    ids=[
        "float64",
        "signed",
        "standardized",
        "overshoot",
        "16-bit",
        "centered",
        "boolean",
        "binary",
        "bits",
    ],
)
def test_any_range_is_moved_to_0_and_1(images: np.ndarray, expected: np.ndarray) -> None:
    found = pixels(images, images[:2], "mine")
    assert found.train.dtype in (np.uint8, np.float32)
    assert np.allclose(shown(found.train), expected, atol=1e-6)
    assert np.allclose(shown(found.test), expected[:2], atol=1e-6)
    assert found.change


def test_the_splits_are_scaled_alike() -> None:
    """A test split that happens to be darker stays darker."""
    standardized = (shown(BYTES) - 0.4) / 0.25
    dark = standardized[:2].clip(None, 0)
    found = pixels(standardized, dark, "mine")
    assert np.allclose(found.test, shown(BYTES)[:2].clip(None, 0.4), atol=1e-6)
    found = pixels(dark, standardized, "mine")
    assert np.allclose(found.train, shown(BYTES)[:2].clip(None, 0.4), atol=1e-6)
    assert np.allclose(found.test, shown(BYTES), atol=1e-6)


def test_splits_in_two_scales_are_refused() -> None:
    words = r"mine: training pixels lie in \[0, 255\] and test pixels in \[0, 1\]; scale both"
    with pytest.raises(UsageError, match=words):
        pixels(BYTES, shown(BYTES), "mine")


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_images_have_any_number_of_channels(channels: int) -> None:
    images = np.repeat(BYTES[..., :1], channels, -1)
    assert pixels(images, images, "mine").train.shape == (6, 5, 4, channels)


def test_gray_images_get_a_channel() -> None:
    found = pixels(BYTES[..., 0], BYTES[..., 0], "mine")
    assert found.train.shape == (6, 5, 4, 1)
    assert np.array_equal(found.train[..., 0], BYTES[..., 0])


def test_images_of_one_value_are_not_divided_by_nothing() -> None:
    for value in (300.0, -2.0):
        images = np.full((2, 4, 4, 1), value, np.float32)
        assert np.isfinite(pixels(images, images, "mine").train).all()


@pytest.mark.parametrize("split", ["training", "test"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_found(split: str, value: float) -> None:
    good, bad = shown(BYTES), shown(BYTES).copy()
    bad[[2, 4], 1, 1, 1] = value
    splits = (bad, good) if split == "training" else (good, bad)
    words = (
        f"mine: the {split} images have 2 with a number that is not finite .*, the first is ex.* 2"
    )
    with pytest.raises(UsageError, match=words):
        pixels(*splits, "mine")


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((3, 3, 32, 32)), r"channels first; put them last: images.transpose"),
        (np.zeros((3, 0, 4, 1)), r"have the shape \(3, 0, 4, 1\)"),
        (np.zeros((3, 4, 4, 1, 1)), r"have the shape \(3, 4, 4, 1, 1\)"),
        (np.zeros((3, 4, 4, 1), complex), r"are of type complex128; give numbers"),
        (np.full((3, 4, 4), "a"), r"are of type <U1; give numbers"),
    ],
)
def test_other_arrays_are_one_line(images: np.ndarray, words: str) -> None:
    with pytest.raises(UsageError, match=words) as error:
        pixels(images, images, "mine")
    assert "\n" not in str(error.value)


def test_a_flat_image_with_many_channels_is_an_image() -> None:
    assert pixels(np.ones((3, 1, 48, 16)), np.ones((3, 1, 48, 16)), "mine").train.shape[3] == 16


def test_both_splits_have_one_shape() -> None:
    with pytest.raises(UsageError, match=r"images are \(5, 4, 3\) and test images \(4, 4, 3\)"):
        pixels(BYTES, BYTES[:, 1:], "mine")
