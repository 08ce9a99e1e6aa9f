"""Images and labels in IDX files, as MNIST and Fashion-MNIST are published, compressed or not.

The format: two zero bytes, a type, a number of axes, the length of each axis (big-endian), values
(LeCun, Cortes, Burges: the MNIST database).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from bench.core.errors import UsageError
from bench.data.own.address import Address
from bench.data.own.classes import label_of
from bench.data.own.example import TOO_LARGE, UNSPLIT, Example, Reader, Unreadable, key_of
from bench.data.own.fingerprint import content_hash
from bench.data.pixels import refuse_channels_first
from bench.data.source import Source

_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_SPLITS = {"train": ("train",), "test": ("t10k", "test")}


class _Pair(NamedTuple):
    images: Path
    labels: Path


class Idx(Reader):
    """A reader of a folder with `train-images-idx3-ubyte`, `train-labels-...`, `t10k-...`."""

    OPTIONS = ("test_share", "split_seed")
    modality = "image"

    def __init__(self, address: Address, options: Mapping[str, str], source: Source) -> None:
        path = address.path
        self.others = []
        if not path.is_dir():
            raise UsageError(f"idx:{path} is no folder; name the folder of the IDX files")
        found = {split: _pair(path, begins) for split, begins in _SPLITS.items()}
        if (train := found["train"]) is None:
            raise UsageError(
                f"idx:{path} has no train-images-idx3-ubyte and train-labels-idx1-ubyte (or .gz)"
            )
        test = found["test"]
        self.pairs = {UNSPLIT: train} if test is None else {"train": train, "test": test}

    def content(self, cache: Path) -> str:
        paths = (path for pair in self.pairs.values() for path in pair)
        return content_hash({path.name: path for path in paths}, cache)

    def examples(self) -> Iterator[Example | Unreadable]:
        for split, pair in self.pairs.items():
            with _opened(pair.labels) as (file, shape, dtype):
                if len(shape) != 1:
                    raise UsageError(f"{pair.labels.name} has {len(shape)} axes; labels have one")
                labels = np.frombuffer(file.read(), dtype)[: shape[0]].tolist()
            with _opened(pair.images) as (file, shape, dtype):
                if len(shape) not in (3, 4):
                    raise UsageError(f"{pair.images.name} has {len(shape)} axes; images have three")
                if len(labels) != shape[0]:
                    raise UsageError(
                        f"{pair.images.name} has {shape[0]} images and {pair.labels.name} "
                        f"{len(labels)} labels"
                    )
                if 0 in shape[1:]:
                    raise UsageError(f"{pair.images.name} has images of {list(shape[1:])} values")
                refuse_channels_first(shape, pair.images.name)
                size = math.prod(shape[1:]) * dtype.itemsize
                for row, label in enumerate(labels):
                    content = file.read(size)
                    if len(content) < size:
                        raise UsageError(f"{pair.images.name} ends at image {row}")
                    image = np.frombuffer(content, dtype).reshape(*shape[1:3], -1)
                    name = f"{split} image {row}"
                    number = label_of(label, name)
                    if number is None:
                        yield Unreadable(name, "it has no label")
                        continue
                    yield Example(split, name, number, image, key_of(content), (shape[1], shape[2]))


def _pair(folder: Path, begins: tuple[str, ...]) -> _Pair | None:
    """Find the two files of a split; None if one is missing."""
    for begin in begins:
        parts = [
            sorted(folder.glob(f"{begin}-{part}[-.]idx[1-4]-*")) for part in ("images", "labels")
        ]
        if all(parts):
            return _Pair(*(paths[0] for paths in parts))
    return None


@contextmanager
def _opened(
    path: Path,
) -> Iterator[tuple[IO[bytes] | gzip.GzipFile, tuple[int, ...], np.dtype[Any]]]:
    """Open a file after its header; yield it with the shape and the type of its values."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            zeros, kind, axes = struct.unpack(">HBB", file.read(4))
            if zeros or kind not in _TYPES:
                raise UsageError(f"{path.name} is no IDX file")
            shape = struct.unpack(f">{axes}I", file.read(4 * axes))
            yield file, shape, np.dtype(_TYPES[kind])
    # A damaged header can ask for more bytes than an address has.
    except (struct.error, EOFError, zlib.error, gzip.BadGzipFile, *TOO_LARGE) as error:
        reason = str(error) or "too large"
        raise UsageError(f"{path.name} is no complete IDX file ({reason})") from error
