"""Examples in the order in which they are read, on disk, until their order in the splits is known.

Images wait in a file, one at a time in memory. Texts wait as numbers of their words.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.errors import UsageError
from bench.data import text
from bench.data.own.example import Example, Unreadable

ROWS_AT_ONCE = 256


class Spool:
    """The fields of all examples: label, split, name, hashes."""

    def __init__(self) -> None:
        self.labels: list[Any] = []
        self.splits: list[str] = []
        self.names: list[str] = []
        self.keys: list[bytes] = []
        self.digests: list[bytes] = []
        """Hash of each decoded example: equal ones are the same example."""
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.unreadable: list[Unreadable] = []

    def fill(self, examples: Iterable[Example | Unreadable]) -> None:
        """Take all examples."""
        for example in examples:
            if isinstance(example, Unreadable):
                self.unreadable.append(example)
                continue
            self.digests.append(blake2b(self.take(example), digest_size=16).digest())
            self.labels.append(example.label)
            self.splits.append(example.split)
            self.names.append(example.name)
            self.keys.append(example.key)
            self.sizes[example.size] += 1

    def take(self, example: Example) -> bytes:
        """Keep the value of an example, and return its decoded content."""
        raise NotImplementedError


class ImageSpool(Spool):
    """Images in a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._file = (folder / "spool.tmp").open("w+b")
        self.shape: tuple[int, ...] = ()
        self.dtype: np.dtype[Any] = np.dtype(np.uint8)
        self.low: dict[str, float] = {}
        self.high: dict[str, float] = {}

    def take(self, example: Example) -> bytes:
        image = np.asarray(example.value)
        if not self.shape:
            self.shape, self.dtype = image.shape, image.dtype
        if (image.shape, image.dtype) != (self.shape, self.dtype):
            raise UsageError(
                f"{example.name} is {image.dtype} {list(image.shape)}, and those before it "
                f"{self.dtype} {list(self.shape)}"
            )
        low, high = float(image.min()), float(image.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise UsageError(f"{example.name} holds a number that is not finite (NaN or infinity)")
        split = example.split
        self.low[split] = min(low, self.low.get(split, low))
        self.high[split] = max(high, self.high.get(split, high))
        content = image.tobytes()
        self._file.write(content)
        return content

    def rows(self, order: np.ndarray) -> Iterable[np.ndarray]:
        """Yield images in another order, some hundred at a time."""
        self._file.flush()
        size = int(np.prod(self.shape)) * self.dtype.itemsize
        for start in range(0, len(order), ROWS_AT_ONCE):
            rows = order[start : start + ROWS_AT_ONCE].tolist()
            content = b"".join(os.pread(self._file.fileno(), size, row * size) for row in rows)
            yield np.frombuffer(content, self.dtype).reshape(len(rows), *self.shape)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
        Path(self._file.name).unlink()


class TextSpool(Spool):
    """Texts as numbers of their words, in the order in which the words first came."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, int] = {}
        self.line_breaks = 0
        """Texts of several lines."""
        self._numbers = array("i")
        self._ends = array("q", [0])

    def take(self, example: Example) -> bytes:
        written = str(example.value)
        self.line_breaks += len(written.strip().splitlines()) > 1
        words = text.words(written)
        self._numbers.extend(self.words.setdefault(word, len(self.words)) for word in words)
        self._ends.append(len(self._numbers))
        return "\0".join(words).encode("utf-8", "replace")

    @property
    def numbers(self) -> np.ndarray:
        """Numbers of all words, int32, text after text."""
        return np.frombuffer(self._numbers, np.int32)

    @property
    def offsets(self) -> np.ndarray:
        """Begin of each text in `numbers`, and the end of the last one, int64 [N + 1]."""
        return np.frombuffer(self._ends, np.int64)
