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
"""Pictures in a batch, where there are as many classes: then a label names its picture."""


class Variant(NamedTuple):
    """A kind of batch that implementations often forget."""

    name: str
    size: int = 16
    shape: tuple[int, int, int] = (SIDE, SIDE, 3)
    dtype: str = "float32"
    policy: str = "float32"
    tolerance: float = 0.005
    """Largest difference of a pixel's or a label's weight that counts as rounding."""

    def top(self, high: float) -> float:
        """Return the largest value of a pixel, where pictures of floats have `high`."""
        return 255.0 if self.dtype == "uint8" else high

    def rounding(self, high: float) -> float:
        """Return the difference of a pixel that is rounding."""
        if self.dtype == "uint8":
            return 1.5
        digits = {"mixed_float16": 2.0**-10, "mixed_bfloat16": 2.0**-7}
        return high * digits.get(self.policy, 1e-5)


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
    size: int, classes: int, high: float, seed: int, variant: Variant = VARIANTS[0]
) -> Pictures:
    """Make pictures of noise in [0, high], each of another class, and one-hot labels."""
    random = np.random.default_rng(seed)
    images: Any = random.random((size, *variant.shape)) * high
    if variant.dtype == "uint8":
        images = np.round(images * (variant.top(high) / high))
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
