"""Load a data set by its name: the real one if it can be had, else a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.core.errors import UsageError, unknown
from bench.data import synthetic
from bench.data.cache import cache_root, fetch
from bench.data.dataset import Dataset, Split
from bench.data.decode import decode
from bench.data.download import download, unreachable
from bench.data.prepared import Prepared, PublishedData, data_root, find, published
from bench.data.selection import Subset, select
from bench.data.source import DEFAULT, MODES, Identity, Source

__all__ = ["Dataset", "Split", "Subset", "identify", "load", "select"]

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
    """Reason for a stand-in that was not requested; empty if there is none."""

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


def identify(name: str, source: Source = DEFAULT) -> Identity:
    """Name the data that `load` would return; read no array and import no TensorFlow.

    A later call may return another name, for example when a network is back. So call it once, then load
    with the mode "tfds" or "synthetic" in every process.

    Raises:
        UsageError: as `load`.
    """
    choice = _choose(name, source)
    return Identity(
        choice.identity,
        choice.synthetic,
        choice.notice,
        bool(choice.missing),
        choice.published.examples,
    )


def load(
    name: str,
    source: Source = DEFAULT,
    *,
    vocabulary_size: int = 10000,
    length: int = 200,
    ends: Literal["start", "both"] = "start",
) -> Dataset:
    """Load a data set as memory-mapped arrays: decode or generate it once, then read the cache.

    Args:
        name: "cifar10" or "imdb_reviews".
        source: place of the data. If prepared data is there, no server is contacted.
        vocabulary_size: number of token ids of a text: padding 0, unknown 1, and the most frequent
            words of the whole official training split.
        length: number of tokens of a text.
        ends: the words that a longer review keeps, from its start or from both ends.

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
    choice = _choose(name, source)
    text: dict[str, Any] = {"vocabulary_size": vocabulary_size, "length": length}
    if ends != "start":
        text["ends"] = ends
    options = str(sorted(text.items())) if choice.published.kind == "text" else ""
    prepared = choice.prepared

    def build(out: Path) -> Mapping[str, Any]:
        if prepared is None:
            return synthetic.generate(name, out, vocabulary_size=vocabulary_size, length=length)
        return decode(choice.published, prepared.folder, out, vocabulary_size, length, ends)

    if choice.synthetic:
        content = choice.identity
    else:
        prepared = prepared or download(choice.published, choice.root)
        content = f"{_DECODING}:{prepared.key}"
    key = sha256(f"{content}:{options}".encode()).hexdigest()[:20]
    entry = fetch(cache_root(source.cache) / f"{name}-{key}", build)
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


def _choose(name: str, source: Source) -> _Choice:
    data = published(name)
    root = data_root(source.directory)
    if source.mode not in MODES:
        raise unknown("data mode", source.mode, MODES)
    if source.mode == "synthetic":
        return _Choice(data, root, None, True)
    if (prepared := find(data, root)) is not None:
        return _Choice(data, root, prepared, False)
    if (reason := unreachable(data.url)) is None:
        return _Choice(data, root, None, False)
    missing = f"there is no {data.path} in {root}, and it cannot be downloaded: {reason}"
    if source.mode == "tfds":
        raise UsageError(
            f"{missing}; set TFDS_DATA_DIR or --data-dir to a folder where tensorflow-datasets "
            "prepared it, or use generated stand-ins with --data synthetic"
        )
    return _Choice(data, root, None, True, missing)


def _split(arrays: Mapping[str, np.ndarray], name: str) -> Split:
    return Split(arrays[f"{name}_values"], arrays[f"{name}_labels"], arrays.get(f"{name}_lengths"))
