"""Load a user's data by its address: read it once into the cache, then map its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from bench.core.errors import UsageError
from bench.data.cache import Entry, cache_root, fetch
from bench.data.dataset import PADDING, UNKNOWN, Dataset, Split
from bench.data.own.address import Address
from bench.data.own.child import prepare_in_child
from bench.data.own.example import Reader, check_options
from bench.data.own.facts import DataFacts
from bench.data.own.folder import Folder
from bench.data.own.idx import Idx
from bench.data.own.npz import Npz
from bench.data.own.prepare import prepare
from bench.data.own.table import Table
from bench.data.own.tfds_set import TfdsSet
from bench.data.prepared import data_root
from bench.data.source import Source

_READING = "1"
"""Version of the readers: raise it when the same content gives other arrays."""
_READERS: dict[str, type[Reader]] = {
    "folder": Folder, "npz": Npz, "csv": Table, "idx": Idx, "tfds": TfdsSet
}  # fmt: skip
OPTIONS = {kind: reader.OPTIONS for kind, reader in _READERS.items()}
"""Kind of address -> the names of its options, without `data.`."""


class OwnData(NamedTuple):
    """A user's data in the cache."""

    identity: str
    """Name in records: the kind and a hash of the content, or the name in tensorflow-datasets."""
    facts: DataFacts
    entry: Entry
    cache: Path


def own_data(address: Address, options: Mapping[str, str], source: Source) -> OwnData:
    """Find the data of an address, and read it if the cache does not have it.

    Args:
        address: of the data.
        options: `size`, `text` and the like, as typed.
        source: folder of tensorflow-datasets, and the cache.

    Raises:
        UsageError: there is no such data, or it is no classification of images or texts.
        BenchError: a download failed; the disk is full.
    """
    if source.mode == "synthetic":
        raise UsageError(f"{address} has no stand-in; leave --data synthetic out")
    check_options(address.kind, options, OPTIONS[address.kind])
    reader = _READERS[address.kind](address, options, source)
    cache = cache_root(source.cache)
    chosen = sorted((name, value) for name, value in options.items() if name != "test")
    content = f"{_READING}:{address.kind}:{reader.content(cache)}:{chosen}"
    key = sha256(content.encode()).hexdigest()

    def build(out: Path) -> Mapping[str, Any]:
        if isinstance(reader, TfdsSet):
            return prepare_in_child(reader, out, data_root(source.directory))
        return prepare(reader, options, str(address), out)

    entry = fetch(cache / f"own-{address.kind}-{key[:20]}", build)
    identity = f"{address.kind}:{key[:12]}"
    if isinstance(reader, TfdsSet):
        identity = ":".join([reader.identity, *(f"{name}={value}" for name, value in chosen)])
    return OwnData(identity, DataFacts.stored(entry.facts), entry, cache)


def images(data: OwnData) -> Dataset:
    """Return the images of both splits."""
    arrays = data.entry.arrays
    train, test = (Split(arrays[f"{s}_values"], arrays[f"{s}_labels"]) for s in ("train", "test"))
    return _dataset(data, train, test, data.entry)


def texts(data: OwnData, vocabulary: int, length: int, ends: Literal["start", "both"]) -> Dataset:
    """Return the texts of both splits as token ids, padded or cut to `length`.

    Args:
        data: texts.
        vocabulary: number of token ids: padding 0, unknown 1, and the most frequent words of the
            training split.
        length: number of tokens of a text.
        ends: the words that a longer text keeps, from its start or from both ends.
    """
    folder = data.entry.folder
    arrays = data.entry.arrays

    def build(out: Path) -> Mapping[str, Any]:
        for split in ("train", "test"):
            counts = arrays[f"{split}_token_counts"]
            ids = _padded(arrays[f"{split}_tokens"], counts, vocabulary, length, ends)
            np.save(out / f"{split}_values.npy", ids)
            np.save(out / f"{split}_labels.npy", arrays[f"{split}_labels"])
            np.save(out / f"{split}_lengths.npy", np.clip(counts, 1, length).astype(np.int32))
        return {}

    name = f"own-read-only-{data.identity}" if folder is None else folder.name
    entry = fetch(data.cache / f"{name.replace(':', '-')}-{vocabulary}-{length}-{ends}", build)
    train, test = (
        Split(*(entry.arrays[f"{split}_{part}"] for part in ("values", "labels", "lengths")))
        for split in ("train", "test")
    )
    return _dataset(data, train, test, entry)


def _padded(
    tokens: np.ndarray, counts: np.ndarray, vocabulary: int, length: int, ends: str
) -> np.ndarray:
    """Lay texts side by side as `bench.data.text.encode` does: int32 [N, length]."""
    begins = np.cumsum(counts, dtype=np.int64) - counts
    last = length // 2
    ids = np.full((len(counts), length), PADDING, dtype=np.int32)
    for row, (begin, count) in enumerate(zip(begins.tolist(), counts.tolist(), strict=True)):
        text = tokens[begin : begin + count]
        if ends == "both" and count > length:
            text = np.concatenate([text[: length - last], text[count - last :]])
        text = text[:length]
        ids[row, : len(text)] = np.where(text < vocabulary, text, UNKNOWN)
    ids[counts == 0, 0] = UNKNOWN
    return ids


def _dataset(data: OwnData, train: Split, test: Split, entry: Entry) -> Dataset:
    names = data.facts.class_names
    return Dataset(
        identity=data.identity,
        synthetic=False,
        classes=len(names),
        class_names=names,
        train=train,
        test=test,
        notice=entry.notice,
        folder=entry.folder,
    )
