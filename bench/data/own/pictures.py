"""Decode picture files of any size and color to one size and one number of channels."""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from bench.core import environment
from bench.core.errors import UsageError

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
COLORS = {"grey": "L", "rgb": "RGB", "rgba": "RGBA"}
LARGEST = 64
"""Longest side of a picture if none is asked for."""
SMALLEST, MOST = 8, 9_999
"""Sides of a picture that can be asked for."""
_GREY = ("1", "L", "LA", "La")
_TURNED = (5, 6, 7, 8)
"""Values of the orientation in a photograph whose stored rows are columns."""


class Form(NamedTuple):
    """The size and the colors to which pictures are converted."""

    height: int
    width: int
    mode: str
    """`L`, `RGB` or `RGBA`."""


def chosen_form(headers: Iterable[tuple[int, int, str]], options: Mapping[str, str]) -> Form:
    """Choose a form: as asked for, else by the pictures.

    Their size is kept if it is one and at most 64 pixels; else it is the median, shrunk to that. Grey
    pictures stay grey, and transparency is laid on white.

    Args:
        headers: height, width and mode of each picture.
        options: may hold `size` (`64` or `48x64`, height first) and `color`.

    Raises:
        UsageError: an option has another form, or the pictures are then more than the memory.
    """
    color = options.get("color", "auto")
    if color != "auto" and color not in COLORS:
        raise UsageError(f"data.color={color}: choose auto, {', '.join(COLORS)}")
    counts = Counter(headers)
    grey = all(mode in _GREY or mode.startswith("I") for _, _, mode in counts)
    mode = COLORS.get(color, "L" if grey else "RGB")
    if "size" in options:
        match = re.fullmatch(r"(\d{1,4})(?:x(\d{1,4}))?", options["size"])
        if not match or int(match[1]) < SMALLEST or int(match[2] or SMALLEST) < SMALLEST:
            raise UsageError(
                f"data.size={options['size']}: give 64, or HEIGHTxWIDTH such as 48x64, "
                f"{SMALLEST} to {MOST}"
            )
        form = Form(int(match[1]), int(match[2] or match[1]), mode)
        _check_memory(counts.total(), form, options["size"])
        return form
    if not counts:
        return Form(SMALLEST, SMALLEST, mode)
    heights, widths = (
        np.repeat([key[axis] for key in counts], [*counts.values()]) for axis in (0, 1)
    )
    height, width = float(np.median(heights)), float(np.median(widths))
    scale = min(1.0, LARGEST / max(height, width, 1.0))
    return Form(max(SMALLEST, round(height * scale)), max(SMALLEST, round(width * scale)), mode)


def _check_memory(count: int, form: Form, size: str) -> None:
    """Refuse pictures that take more than half of the memory.

    A training copies all of them to its device, beside the mapped file.

    Raises:
        UsageError: with both sizes.
    """
    memory = environment.memory()
    total = count * form.height * form.width * len(form.mode)
    if memory is not None and 2 * total > memory:
        raise UsageError(
            f"data.size={size}: {count:,} pictures of {form.height}x{form.width} are "
            f"{total / 1e9:,.0f} GB, more than half of this machine's memory ({memory / 1e9:.0f} GB); "
            "give a smaller one"
        )


def header(content: bytes | Path) -> tuple[int, int, str] | None:
    """Return height, width and mode of a picture; None if it is none."""
    try:
        with _quiet(), Image.open(_file(content)) as image:
            width, height = image.size
            if image.getexif().get(274) in _TURNED:
                width, height = height, width
            return height, width, image.mode
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def decoded(content: bytes, form: Form) -> tuple[np.ndarray, tuple[int, int]]:
    """Decode a picture, uint8 [height, width, channels]; return it with its stored size.

    An animation gives its first picture.

    Raises:
        ValueError: the content is no complete picture, with the reason.
    """
    try:
        with _quiet(), Image.open(io.BytesIO(content)) as image:
            size = image.size[::-1]
            image.draft(form.mode, (2 * form.width, 2 * form.height))
            image.load()
            upright = _upright(image)
            if image.getexif().get(274) in _TURNED:
                size = size[::-1]
        resized = _converted(upright, form.mode)
        if resized.size != (form.width, form.height):
            resized = resized.resize((form.width, form.height), Image.Resampling.BILINEAR)
    except Exception as error:  # A broken file can raise anything in a decoder.
        reason = str(error).splitlines() or [type(error).__name__]
        raise ValueError(re.sub(r" <_io.*?>| '?<.*?>'?", "", reason[0])) from error
    return np.asarray(resized).reshape(form.height, form.width, -1), size


def _upright(image: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(image) or image


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, dtype=np.float64)
        if deep.max(initial=0) > 255:
            deep = deep / 257  # 16 bits a pixel
        image = Image.fromarray(np.clip(deep, 0, 255).astype(np.uint8))
    if mode != "RGBA" and image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == mode else image.convert(mode)


def _file(content: bytes | Path) -> io.BytesIO | Path:
    return io.BytesIO(content) if isinstance(content, bytes) else content


class _quiet(warnings.catch_warnings):  # noqa: N801
    """Without Pillow's warnings on large pictures and odd metadata."""

    def __enter__(self) -> None:  # type: ignore[override]
        super().__enter__()
        warnings.simplefilter("ignore")
