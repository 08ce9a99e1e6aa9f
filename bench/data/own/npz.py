"""Images in an `.npz` file, in the layout of Keras's own sets: x_train, y_train, x_test, y_test."""

from __future__ import annotations

import math
import zipfile
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


class _Header(NamedTuple):
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]


class Npz(Reader):
    """A reader of `.npz` files. It holds one image at a time, not the file."""

    OPTIONS = ("test_share", "split_seed")
    modality = "image"

    def __init__(self, address: Address, options: Mapping[str, str], source: Source) -> None:
        path = address.path
        self.path = path
        self.others = []
        if not path.is_file():
            raise UsageError(f"npz:{path} is no file")

    def content(self, cache: Path) -> str:
        return content_hash({"": self.path}, cache)

    def examples(self) -> Iterator[Example | Unreadable]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                for split, values, labels in self._parts(archive.namelist()):
                    yield from self._split(archive, split, values, labels)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, *TOO_LARGE) as error:
            reason = str(error) or "too large"
            raise UsageError(f"{self.path.name} is no complete .npz file ({reason})") from error

    def _parts(self, members: list[str]) -> list[tuple[str, str, str]]:
        """Name the arrays of each split."""
        names = {member.removesuffix(".npy") for member in members}
        if {"x_train", "y_train", "x_test", "y_test"} <= names:
            return self._read(names, ("train", "x_train", "y_train"), ("test", "x_test", "y_test"))
        for values, labels in (("x_train", "y_train"), ("x", "y")):
            if {values, labels} <= names:
                return self._read(names, (UNSPLIT, values, labels))
        raise UsageError(
            f"{self.path.name} holds {', '.join(sorted(names)) or 'nothing'}; it must hold x_train "
            "and y_train, and may hold x_test and y_test"
        )

    def _read(self, names: set[str], *parts: tuple[str, str, str]) -> list[tuple[str, str, str]]:
        """Return the parts, and note the arrays of other splits."""
        used = {name for part in parts for name in part[1:]}
        self.unread = tuple(sorted(n for n in names - used if n.startswith("x")))
        return list(parts)

    def _split(
        self, archive: zipfile.ZipFile, split: str, values: str, labels: str
    ) -> Iterator[Example | Unreadable]:
        classes = self._labels(archive, labels)
        with self._opened(archive, values) as (file, header):
            shape = header.shape
            if header.dtype.kind not in "iufb" or len(shape) not in (3, 4) or 0 in shape[1:]:
                raise UsageError(
                    f"{self.path.name}: {values} is {header.dtype} {list(shape)}; images are numbers "
                    "[N, height, width] or [N, height, width, channels], and texts come from a csv:"
                )
            refuse_channels_first(shape, f"{self.path.name}: {values}")
            if shape[0] != len(classes):
                raise UsageError(
                    f"{self.path.name}: {values} has {shape[0]} examples and {labels} {len(classes)}"
                )
            if header.fortran:
                raise UsageError(
                    f"{self.path.name}: {values} is stored column by column; save "
                    f"numpy.ascontiguousarray({values})"
                )
            size = math.prod(shape[1:]) * header.dtype.itemsize
            for row, label in enumerate(classes):
                content = file.read(size)
                if len(content) < size:
                    raise UsageError(f"{self.path.name}: {values} ends at example {row}")
                name = f"{values}[{row}]"
                if label is None:
                    yield Unreadable(name, "it has no label")
                    continue
                image = np.frombuffer(content, header.dtype).reshape(*shape[1:3], -1)
                yield Example(split, name, label, image, key_of(content), (shape[1], shape[2]))

    def _labels(self, archive: zipfile.ZipFile, name: str) -> list[Any]:
        with self._opened(archive, name) as (file, header):
            raw = np.frombuffer(file.read(), header.dtype)
            array = raw.reshape(header.shape, order="F" if header.fortran else "C")
        return label_list(array, f"{self.path.name}: {name}")

    @contextmanager
    def _opened(self, archive: zipfile.ZipFile, name: str) -> Iterator[tuple[IO[bytes], _Header]]:
        """Open an array of the file after its header."""
        with archive.open(f"{name}.npy") as file:
            try:
                version = np.lib.format.read_magic(file)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                header = _Header(*read(file))
            except ValueError as error:
                raise UsageError(f"{self.path.name}: {name} is no array ({error})") from error
            if header.dtype.hasobject:
                raise UsageError(
                    f"{self.path.name}: {name} holds Python objects; save it as an array of numbers "
                    "or texts"
                )
            yield file, header


def label_list(array: np.ndarray, name: str) -> list[Any]:
    """Return the labels of an array [N], [N, 1] or one-hot [N, K], one for each example.

    Raises:
        UsageError: the array has another shape, or rows with several labels.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "iufb":
        if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
            raise UsageError(
                f"{name} has {array.shape[1]} columns and is not one-hot: one class for each example "
                "is supported, several labels are not"
            )
        array = array.argmax(axis=1)
    if array.ndim != 1:
        raise UsageError(f"{name} has the shape {list(array.shape)}; give one label an example")
    return [label_of(value, name) for value in array.tolist()]
