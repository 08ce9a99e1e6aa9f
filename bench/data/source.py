"""The place from which data comes, and its name in records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.core.errors import UsageError
from bench.core.record import is_synthetic

MODES = ("auto", "tfds", "synthetic")


class Source(NamedTuple):
    """The place from which data comes."""

    mode: str = "auto"
    """`auto`: prepared data, else a download, else a stand-in. `tfds`: never a stand-in. `synthetic`."""
    directory: Path | None = None
    """Folder of tensorflow-datasets; by default `TFDS_DATA_DIR`, or `~/tensorflow_datasets`."""
    cache: Path | None = None
    """Folder of decoded arrays; by default `REGULARIZATION_BENCH_CACHE`, or the user's cache folder."""


DEFAULT = Source()


class Notice(NamedTuple):
    """A line about a task's data that the user must see before anything trains."""

    text: str
    missing: bool
    """True if the real data was looked for and not found."""


@dataclass(frozen=True)
class Identity:
    """The name of a task's data.

    Raises:
        UsageError: the name and `synthetic` disagree, and records know the data by its name.
    """

    name: str
    """Name in records, tables and plots: `tfds:cifar10:3.0.2` or `synthetic:...`."""
    synthetic: bool
    notice: str = ""
    """A line that the user must see before anything trains; empty if there is none."""
    missing: bool = False
    """True if the real data was looked for and not found."""
    examples: tuple[int, int] | None = None
    """Training and test examples, where they are known without reading the data."""

    def __post_init__(self) -> None:
        if self.synthetic != is_synthetic(self.name):
            raise UsageError(
                f"the data {self.name!r} is declared with synthetic={self.synthetic}; the name of "
                "generated data, and of no other, begins with 'synthetic:'"
            )
