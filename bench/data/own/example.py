"""The examples of a user's data, one after the other, as its readers yield them."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from bench.core.errors import UsageError, unknown
from bench.data.own.address import Address
from bench.data.source import Source

TOO_LARGE = (MemoryError, OverflowError)
"""Errors of reading more bytes than there can be, because a header says so."""
UNSPLIT = "all"
"""Split of examples that the suite divides into training and test examples."""


class Example(NamedTuple):
    """An example that was read."""

    split: str
    """`train`, `test` or `all`."""
    name: str
    """File or row, for messages."""
    label: Any
    """Text or whole number; anything else is refused (`bench.data.own.classes`)."""
    value: np.ndarray | str
    """Pixels [height, width, channels], or a text."""
    key: bytes
    """Hash of the stored content, by which the examples are ordered."""
    size: tuple[int, int] = (0, 0)
    """Height and width before it was resized; 0 for a text."""


class Unreadable(NamedTuple):
    """An example that cannot be read, which is reported and left out."""

    name: str
    reason: str


class Reader(abc.ABC):
    """A kind of data: its options, its content, its examples."""

    OPTIONS: ClassVar[tuple[str, ...]]
    """Names of the options that it takes, without `data.`."""
    modality: Literal["image", "text"]
    class_names: tuple[str, ...] = ()
    """Names of the classes by number, where the data has them."""

    others: list[str]
    """Files beside the examples that are none."""
    unread: tuple[str, ...] = ()
    """Splits beside the two that are read; known when the examples are read."""

    @abc.abstractmethod
    def __init__(self, address: Address, options: Mapping[str, str], source: Source) -> None:
        """Find the data, without reading it.

        Raises:
            UsageError: there is none.
        """

    @abc.abstractmethod
    def content(self, cache: Path) -> str:
        """Return a hash of all that the examples depend on, quickly."""

    @abc.abstractmethod
    def examples(self) -> Iterator[Example | Unreadable]:
        """Read the examples in a fixed order, one at a time."""


def key_of(content: bytes) -> bytes:
    """Hash the stored content of an example."""
    return blake2b(content, digest_size=16).digest()


def check_options(kind: str, options: Mapping[str, str], known: tuple[str, ...]) -> None:
    """Refuse an option that a kind of data does not have.

    Raises:
        UsageError: with the nearest one.
    """
    for name in options:
        if name not in known:
            raise unknown(f"option of {kind}: data", f"data.{name}", [f"data.{n}" for n in known])


def share_option(options: Mapping[str, str], name: str, default: float) -> float:
    """Read a share between 0 and 1, both excluded.

    Raises:
        UsageError: it is none.
    """
    text = options.get(name, str(default))
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise UsageError(f"data.{name}={text}: give a share between 0 and 1, such as {default}")
    return share


def whole_option(options: Mapping[str, str], name: str, default: int) -> int:
    """Read a whole number from 0, of at most eight bytes.

    Raises:
        UsageError: it is none.
    """
    text = options.get(name, str(default))
    if not text.isdecimal() or len(text) > 20 or int(text) >= 2**64:
        raise UsageError(f"data.{name}={text}: give a whole number, such as {default}")
    return int(text)
