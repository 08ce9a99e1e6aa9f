"""RandAugment's operations by Pillow, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

GRAY = (128, 128, 128)
ENHANCERS = (
    ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast, ImageEnhance.Sharpness,
)  # fmt: skip


def as_pillow(image: Image.Image, matrix: Sequence[float]) -> Image.Image:
    return image.transform(image.size, Image.Transform.AFFINE, tuple(matrix), fillcolor=GRAY)


def close(pixels: np.ndarray, image: np.ndarray) -> bool:
    """Whether pixels in [0, 1] are the bytes of an image, up to rounding.

    Pillow rounds coordinates to 16 bits, so a few pixels in a hundred may come from its neighbor.
    """
    return bool((np.abs(pixels * 255 - image).max(axis=-1) < 2.0).mean() > 0.96)


def variants(
    image: Image.Image, strength: float, shear: float, pixels: float, degrees: float,
    enhance: float, bits: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Name and direction -> what each operation makes of a square image at a strength."""
    found = {
        "identity": image,
        "posterize": ImageOps.posterize(image, 8 - round(strength * bits)),
        "solarize": image.point(lambda v: 255 - v if v >= 256 * (1 - strength) else v),
        "auto_contrast": ImageOps.autocontrast(image),
        "equalize": ImageOps.equalize(image),
    }
    for sign in (-1, 1):
        signed = sign * strength
        found[f"shear_x {sign}"] = as_pillow(image, (1, signed * shear, 0, 0, 1, 0))
        found[f"shear_y {sign}"] = as_pillow(image, (1, 0, 0, signed * shear, 1, 0))
        found[f"translate_x {sign}"] = as_pillow(image, (1, 0, signed * pixels, 0, 1, 0))
        found[f"translate_y {sign}"] = as_pillow(image, (1, 0, 0, 0, 1, signed * pixels))
        found[f"rotate {sign}"] = image.rotate(signed * degrees, fillcolor=GRAY)
        for kind in ENHANCERS:
            found[f"{kind.__name__} {sign}"] = kind(image).enhance(1 + signed * enhance)
    return {name: np.asarray(result) for name, result in found.items()}


def photograph(side: int) -> np.ndarray:
    """A colorful image on which all operations show, uint8 [side, side, 3]."""
    random = np.random.default_rng(0)
    steps = random.integers(-20, 21, (side, side, 3)).cumsum(axis=0).cumsum(axis=1)
    return np.clip(steps // 8 + np.array([60, 120, 170]), 30, 220).astype(np.uint8)
