"""Load a data set by its name: the real one if there is one, else a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.errors import UsageError, unknown
from bench.data import synthetic
from bench.data.cache import cache_root, fetch
from bench.data.dataset import Dataset, Split
from bench.data.decode import decode
from bench.data.download import download, unreachable
from bench.data.prepared import Prepared, PublishedData, data_root, find, published
from bench.data.selection import Subset, select

__all__ = ["MODES", "Dataset", "Split", "Subset", "identify", "load", "notice", "select"]

MODES = ("auto", "tfds", "synthetic")
_DECODING = "1"
"""Version of the decoding: raise it when the same source gives other arrays."""


@dataclass(frozen=True)
class _Choice:
    """The source of a data set: a stand-in, prepared data, or a download if neither is set."""

    published: PublishedData
    root: Path
    prepared: Prepared | None
    synthetic: bool
    missing: str = ""
    """Reason for a stand-in that was not asked for, or nothing."""

    @property
    def identity(self) -> str:
        if self.synthetic:
            return f"synthetic:{self.published.name}:{synthetic.VERSION}"
        version = self.prepared.version if self.prepared else self.published.version
        return self.published.identity(version)

    @property
    def notice(self) -> str:
        if not self.synthetic:
            return ""
        generated = (
            f"STAND-IN DATA: {self.published.name} is generated, so what is measured says nothing "
            "about the real data and gets no verdict"
        )
        if not self.missing:
            return generated
        return f"{generated} ({self.missing}; for real data set TFDS_DATA_DIR or --data-dir)"


def identify(name: str, *, mode: str = "auto", data_dir: Path | None = None) -> tuple[str, bool]:
    """Return the identity of the data that `load` would give, and true if it is synthetic.

    It reads no array and imports no TensorFlow. A later call may give another answer, for example
    when a network came back. So ask once, then load with the mode "tfds" or "synthetic" in every
    process.

    Raises:
        UsageError: as `load`.
    """
    choice = _choose(name, mode, data_dir)
    return choice.identity, choice.synthetic


def notice(name: str, *, mode: str = "auto", data_dir: Path | None = None) -> str:
    """Return the line that the user must see before anything trains on the data, or nothing."""
    return _choose(name, mode, data_dir).notice


def load(
    name: str,
    *,
    mode: str = "auto",
    data_dir: Path | None = None,
    cache_dir: Path | None = None,
    vocabulary_size: int = 10000,
    length: int = 200,
) -> Dataset:
    """Load a data set as memory-mapped arrays: decode or generate it once, then read the cache.

    Args:
        name: "cifar10" or "imdb_reviews".
        mode: "auto": the prepared data if there is any, else a download if there is a network,
            else the stand-in. "tfds": never the stand-in. "synthetic": always the stand-in.
        data_dir: folder of tensorflow-datasets; by default `TFDS_DATA_DIR`, or
            `~/tensorflow_datasets`. If the data is there, no server is contacted.
        cache_dir: folder of the arrays; by default `REGULARIZATION_BENCH_CACHE`, or
            `regularization-bench` below `XDG_CACHE_HOME` or `~/.cache`.
        vocabulary_size: number of token ids of a text: padding 0, unknown 1, and the most frequent
            words of the whole official training split.
        length: number of tokens of a text; a longer review keeps its beginning.

    Raises:
        UsageError: there is no such data set or mode; the prepared data is damaged; with "tfds",
            there is neither data nor a network.
        BenchError: the download or the decoding failed; the disk is full.
    """
    if vocabulary_size < 3 or length < 1:
        raise UsageError(
            f"a vocabulary of {vocabulary_size} and a length of {length} leave no text; use at "
            "least 3 and 1"
        )
    choice = _choose(name, mode, data_dir)
    text = {"vocabulary_size": vocabulary_size, "length": length}
    options = str(sorted(text.items())) if choice.published.kind == "text" else ""
    prepared = choice.prepared

    def build(out: Path) -> Mapping[str, Any]:
        if prepared is None:
            return synthetic.generate(name, out, vocabulary_size=vocabulary_size, length=length)
        return decode(
            choice.published, prepared.folder, out, vocabulary_size=vocabulary_size, length=length
        )

    if choice.synthetic:
        content = choice.identity
    else:
        prepared = prepared or download(choice.published, choice.root)
        content = f"{_DECODING}:{prepared.key}"
    key = sha256(f"{content}:{options}".encode()).hexdigest()[:20]
    entry = fetch(cache_root(cache_dir) / f"{name}-{key}", build)
    names = tuple(entry.facts["class_names"])
    return Dataset(
        identity=choice.identity,
        synthetic=choice.synthetic,
        classes=len(names),
        class_names=names,
        train=_split(entry.arrays, "train"),
        test=_split(entry.arrays, "test"),
        notice="; ".join(filter(None, (choice.notice, entry.notice))),
        folder=entry.folder,
    )


def _choose(name: str, mode: str, data_dir: Path | None) -> _Choice:
    source = published(name)
    root = data_root(data_dir)
    if mode not in MODES:
        raise unknown("data mode", mode, MODES)
    if mode == "synthetic":
        return _Choice(source, root, None, True)
    if (prepared := find(source, root)) is not None:
        return _Choice(source, root, prepared, False)
    if (reason := unreachable(source.url)) is None:
        return _Choice(source, root, None, False)
    missing = f"there is no {source.path} in {root}, and it cannot be downloaded: {reason}"
    if mode == "tfds":
        raise UsageError(
            f"{missing}; set TFDS_DATA_DIR or --data-dir to a folder where tensorflow-datasets "
            "prepared it, or use generated stand-ins with --data synthetic"
        )
    return _Choice(source, root, None, True, missing)


def _split(arrays: Mapping[str, np.ndarray], name: str) -> Split:
    return Split(arrays[f"{name}_values"], arrays[f"{name}_labels"], arrays.get(f"{name}_lengths"))
