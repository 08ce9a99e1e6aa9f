"""Small data of one's own, written by the tests."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bench.data.own.address import parse
from bench.data.own.load import OwnData, own_data
from bench.data.source import Source


def read(address: str, folder: Path, **options: str) -> OwnData:
    """Read data with a cache below a folder."""
    return own_data(parse(address), options, Source("auto", None, folder / "cache"))


def noise(seed: int, *shape: int) -> np.ndarray:
    """Return random bytes."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """Write a picture file of pixels [H, W] or [H, W, C]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_folder(root: Path, classes: Sequence[str], each: int, *shape: int) -> Path:
    """Write `each` random PNG pictures for every class."""
    for number, name in enumerate(classes):
        for index in range(each):
            write_picture(root / name / f"{index}.png", noise(100 * number + index, *shape))
    return root


def write_idx(path: Path, values: np.ndarray, compress: bool = False) -> None:
    """Write bytes as an IDX file."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    content = header + values.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if compress else content)
