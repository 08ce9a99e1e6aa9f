"""Pictures and labels to which an implementation is put, and the ways to put them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from bench.audit.calling import Pictures
from bench.core.lazy import keras

SIDE = 32
EXAMPLES = 64
"""Pictures in a batch."""


class Range(NamedTuple):
    """The values that a pixel may have."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Return the difference of white and black."""
        return self.high - self.low

    def unit(self, images: Any) -> Any:
        """Return pictures whose values lie in [0, 1], as the catalogue's techniques take them."""
        return (images - self.low) / self.width


UNIT = Range(0.0, 1.0)


class Variant(NamedTuple):
    """A kind of batch that implementations often forget."""

    name: str
    size: int = 16
    shape: tuple[int, int, int] = (SIDE, SIDE, 3)
    dtype: str = "float32"
    policy: str = "float32"
    tolerance: float = 0.005
    """Largest difference of a pixel's or a label's weight that counts as rounding."""

    def pixels(self, floats: Range) -> Range:
        """Return the range of its pixels, where pictures of floats have the range `floats`."""
        return Range(0.0, 255.0) if self.dtype == "uint8" else floats

    def rounding(self, floats: Range) -> float:
        """Return the difference of a pixel that is rounding."""
        if self.dtype == "uint8":
            return 1.5
        digits = {"mixed_float16": 2.0**-10, "mixed_bfloat16": 2.0**-7}
        return floats.width * digits.get(self.policy, 1e-5)


VARIANTS = (
    Variant("an odd batch of 7", 7),
    Variant("a batch of one", 1),
    Variant("pictures of 24 x 40", shape=(24, 40, 3)),
    Variant("gray pictures", shape=(SIDE, SIDE, 1)),
    Variant("uint8 pictures", dtype="uint8", tolerance=0.05),
    Variant("mixed_float16", policy="mixed_float16", tolerance=0.01),
    Variant("mixed_bfloat16", policy="mixed_bfloat16", tolerance=0.05),
    Variant("mixed_float16, pictures of 320", 2, (320, 320, 3), "float32", "mixed_float16", 0.01),
)


def pictures(
    size: int, classes: int, floats: Range, seed: int, variant: Variant = VARIANTS[0]
) -> Pictures:
    """Make pictures of noise in their range, and one-hot labels [B, K] whose classes take turns."""
    random = np.random.default_rng(seed)
    pixels = variant.pixels(floats)
    images: Any = pixels.low + random.random((size, *variant.shape)) * pixels.width
    if variant.dtype == "uint8":
        images = np.round(images)
    labels = np.eye(classes, dtype=np.float32)[np.arange(size) % classes]
    return Pictures(images.astype(variant.dtype), labels)


@contextmanager
def policy(name: str) -> Iterator[None]:
    """Make layers under a policy of precision."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
