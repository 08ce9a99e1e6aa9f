"""The place that data comes from, and the name that it has in records."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

MODES = ("auto", "tfds", "synthetic")


class Source(NamedTuple):
    """The place that data comes from."""

    mode: str = "auto"
    """`auto`: prepared data, else a download, else a stand-in. `tfds`: never a stand-in. `synthetic`."""
    directory: Path | None = None
    """Folder of tensorflow-datasets; by default `TFDS_DATA_DIR`, or `~/tensorflow_datasets`."""
    cache: Path | None = None
    """Folder of decoded arrays; by default `REGULARIZATION_BENCH_CACHE`, or the user's cache folder."""


DEFAULT = Source()


class Identity(NamedTuple):
    """The name of a task's data."""

    name: str
    """Name in records, tables and plots: `tfds:cifar10:3.0.2` or `synthetic:...`."""
    synthetic: bool
    notice: str = ""
    """A line that the user must see before anything trains, or nothing."""
