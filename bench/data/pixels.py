"""Images as uint8, or as float32 in [0, 1]: [N, height, width, channels]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.core.errors import UsageError

_CHANNELS = (1, 2, 3, 4)
_ALIKE = 20.0
"""Largest ratio of two splits' ranges; scaled in two ways they differ by 255."""


class Pixels(NamedTuple):
    """The images of two splits in one scale."""

    train: np.ndarray
    test: np.ndarray
    change: str
    """The conversion that was made; empty if there was none."""


class Range(NamedTuple):
    """Smallest and largest value."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"[{self.low:.4g}, {self.high:.4g}]"


def pixels(train: np.ndarray, test: np.ndarray, data: str) -> Pixels:
    """Find the range of images and scale them, both splits alike.

    Bytes stay bytes. Whole numbers up to 255 become bytes. Fractions in [0, 1] stay, and numbers up
    to 255 are divided by 255. Any other range is moved to [0, 1] as a whole.

    Args:
        train: [N, height, width] or [N, height, width, channels], numbers or truth values.
        test: the same.
        data: name of the data in an error.

    Raises:
        UsageError: the arrays are no images, hold NaN or infinity, or differ in shape or scale.
    """
    train, test = _images(train, f"{data}: the training"), _images(test, f"{data}: the test")
    if train.shape[1:] != test.shape[1:]:
        raise UsageError(
            f"{data}: training images are {train.shape[1:]} and test images {test.shape[1:]}"
        )
    ranges = _range(train), _range(test)
    check_alike(ranges, data, bytes_only=train.dtype == test.dtype == np.uint8)
    whole = Range(min(r.low for r in ranges), max(r.high for r in ranges))
    after = converted(train, whole)
    scale = "bytes" if after.dtype == np.uint8 else "float32 in [0, 1]"
    change = "" if after is train else f"{train.dtype} in {whole} read as {scale}"
    return Pixels(after, converted(test, whole), change)


def _images(images: np.ndarray, name: str) -> np.ndarray:
    """Check that an array holds finite images, and give gray ones a channel."""
    images = np.asarray(images)
    if images.dtype.kind not in "iufb":
        raise UsageError(f"{name} images are of type {images.dtype}; give numbers")
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or 0 in images.shape[1:]:
        raise UsageError(
            f"{name} images have the shape {images.shape}; give [N, height, width, channels]"
        )
    refuse_channels_first(images.shape, name)
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        wrong = ~np.isfinite(images).all(axis=(1, 2, 3))
        raise UsageError(
            f"{name} images have {wrong.sum()} with a number that is not finite (NaN or infinity), "
            f"the first is example {wrong.argmax()}"
        )
    return images


def refuse_channels_first(shape: tuple[int, ...], name: str) -> None:
    """Refuse images [N, channels, height, width].

    Raises:
        UsageError: the first axis of an image looks like its channels.
    """
    if len(shape) == 4 and shape[1] in _CHANNELS and shape[2] == shape[3] > max(_CHANNELS):
        raise UsageError(
            f"{name} images have the shape {shape}, with the channels first; put them last: "
            "images.transpose(0, 2, 3, 1)"
        )


def _range(images: np.ndarray) -> Range:
    if not images.size:
        return Range(0.0, 0.0)
    return Range(float(images.min()), float(images.max()))


def check_alike(ranges: Sequence[Range], data: str, bytes_only: bool = False) -> None:
    """Refuse splits whose pixels have two scales.

    Args:
        ranges: of each split.
        data: name of the data in an error.
        bytes_only: true if both are bytes: then a few dark pictures may have any range above 1.

    Raises:
        UsageError: the range of one is more than 20 times that of the other.
    """
    narrow, *_, wide = sorted(one.high - one.low for one in (*ranges, *ranges))
    if narrow > 0 and wide / narrow > _ALIKE and not (bytes_only and narrow > 1):
        raise UsageError(
            f"{data}: training pixels lie in {ranges[0]} and test pixels in {ranges[1]}; scale both "
            "in the same way"
        )


def converted(images: np.ndarray, whole: Range) -> np.ndarray:
    """Convert images of one split, by the range of both splits."""
    low, high = whole
    if images.dtype.kind in "iub":
        if images.dtype.kind == "b" or (low >= 0 and high == 1):
            return images.astype(np.uint8) * np.uint8(255)
        if low >= 0 and high <= 255:
            return images.astype(np.uint8, copy=False)
    elif low >= 0 and high <= 1:
        return images.astype(np.float32, copy=False)
    elif low >= 0 and 2 < high <= 255:
        return images.astype(np.float32) / np.float32(255)
    elif low >= -1 and high <= 1:
        low, high = -1.0, 1.0
    scaled = (images.astype(np.float64) - low) / (high - low or 1.0)
    return scaled.astype(np.float32)
