"""RandAugment's operations by Pillow, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

GRAY, BLACK = (128, 128, 128), (0, 0, 0)
ENHANCERS = (
    ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast, ImageEnhance.Sharpness,
)  # fmt: skip


def as_pillow(
    image: Image.Image, matrix: Sequence[float], fill: tuple[int, int, int] = GRAY
) -> Image.Image:
    return image.transform(image.size, Image.Transform.AFFINE, tuple(matrix), fillcolor=fill)


def close(pixels: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Tell which images, bytes [..., H, W, C], pixels in [0, 1] show, up to rounding.

    Pillow rounds coordinates to 16 bits, so a few pixels in a hundred may come from its neighbor.
    """
    far = np.abs(np.float32(pixels * 255) - images).max(axis=-1)
    return (far < 2.0).mean(axis=(-2, -1)) > 0.95


def variants(
    image: Image.Image, strength: float, shear: float, pixels: float, degrees: float,
    enhance: float, bits: int, fill: tuple[int, int, int] = GRAY, whole: bool = False,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return each operation's result on a square image at a strength, by name and direction.

    `whole` cuts pixels, degrees and bits to whole numbers, as the code of TrivialAugment does.
    """

    def reach(most: float) -> float:
        return int(strength * most + 1e-9) if whole else strength * most

    results = {
        "identity": image,
        "posterize": ImageOps.posterize(image, 8 - round(reach(bits))),
        "solarize": image.point(lambda v: 255 - v if v >= 256 * (1 - strength) else v),
        "auto_contrast": ImageOps.autocontrast(image),
        "equalize": ImageOps.equalize(image),
    }
    for sign in (-1, 1):
        slope, shift = sign * strength * shear, sign * reach(pixels)
        results[f"shear_x {sign}"] = as_pillow(image, (1, slope, 0, 0, 1, 0), fill)
        results[f"shear_y {sign}"] = as_pillow(image, (1, 0, 0, slope, 1, 0), fill)
        results[f"translate_x {sign}"] = as_pillow(image, (1, 0, shift, 0, 1, 0), fill)
        results[f"translate_y {sign}"] = as_pillow(image, (1, 0, 0, 0, 1, shift), fill)
        results[f"rotate {sign}"] = image.rotate(sign * reach(degrees), fillcolor=fill)
        for kind in ENHANCERS:
            enhanced = kind(image).enhance(1 + sign * strength * enhance)
            results[f"{kind.__name__} {sign}"] = enhanced
    return {name: np.asarray(result) for name, result in results.items()}


def photograph(side: int) -> np.ndarray:
    """Return a colorful image on which all operations show, uint8 [side, side, 3]."""
    random = np.random.default_rng(0)
    steps = random.integers(-20, 21, (side, side, 3)).cumsum(axis=0).cumsum(axis=1)
    return np.clip(steps // 8 + np.array([60, 120, 170]), 30, 220).astype(np.uint8)
