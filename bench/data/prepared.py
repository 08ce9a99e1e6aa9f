"""Find and check data sets that tensorflow-datasets prepared, without importing it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from bench.core.errors import UsageError, unknown
from bench.core.paths import absolute

SPLITS = ("train", "test")
_FRAME_BYTES = 16
"""Bytes that a TFRecord adds to an example: its length (8) and two checksums (4 each)."""


@dataclass(frozen=True)
class PublishedData:
    """A data set by its names in tensorflow-datasets, and its address."""

    name: str
    config: str
    version: str
    kind: Literal["images", "text"]
    url: str
    examples: tuple[int, int] | None = None
    """Training and test examples, where they are known without reading the data."""

    @property
    def path(self) -> Path:
        """Return the folder of its versions, below the data folder."""
        return Path(self.name, self.config)

    @property
    def spec(self) -> str:
        """Return the name by which tensorflow-datasets builds it; its newest version without one."""
        return self.path.as_posix() + (f":{self.version}" if self.version else "")

    def identity(self, version: str) -> str:
        """Return the name of this data in records, such as "tfds:imdb_reviews/plain_text:1.0.0"."""
        return f"tfds:{self.path.as_posix()}:{version}"


PUBLISHED = {
    source.name: source
    for source in (
        PublishedData(
            name="cifar10",
            config="",
            version="3.0.2",
            kind="images",
            url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            examples=(50_000, 10_000),
        ),
        PublishedData(
            name="imdb_reviews",
            config="plain_text",
            version="1.0.0",
            kind="text",
            url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
            examples=(25_000, 25_000),
        ),
    )
}


@dataclass(frozen=True)
class Prepared:
    """A prepared version of a data set."""

    folder: Path
    """Folder of its shards."""
    version: str
    key: str
    """Hash over the shards' names and sizes and the description of the data set."""


def published(name: str) -> PublishedData:
    """Return the data set of a name.

    Raises:
        UsageError: there is no such data set.
    """
    if name not in PUBLISHED:
        raise unknown("data set", name, PUBLISHED)
    return PUBLISHED[name]


def data_root(data_dir: Path | None) -> Path:
    """Return the data folder: as given, or as tensorflow-datasets chooses it."""
    return absolute(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")


def find(
    source: PublishedData, root: Path, needed: Sequence[str] | None = SPLITS
) -> Prepared | None:
    """Find the newest version of the data set that lies prepared under `root`; None if none does.

    Args:
        source: the data set.
        root: the data folder.
        needed: splits that must be there; None: all that the data set has.

    Raises:
        UsageError: a version is there, and a part of it is missing, cut short or unreadable.
    """
    try:
        children = list((root / source.path).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(
            f"the data folder {root / source.path} cannot be read ({error.strerror})"
        ) from error
    versions = [child for child in children if re.fullmatch(r"\d+\.\d+\.\d+", child.name)]
    if not versions:
        return None
    newest = max(versions, key=lambda child: tuple(map(int, child.name.split("."))))
    try:
        return Prepared(newest, newest.name, _check(newest, needed))
    except OSError as error:
        raise damaged(newest, f"{error.filename}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(newest, "dataset_info.json is no description of a data set") from error


def damaged(folder: Path, what: str) -> UsageError:
    """Make the error for prepared data that cannot be used."""
    return UsageError(
        f"the data folder {folder} is damaged ({what}); delete it and prepare it again, or name "
        "another data folder with --data-dir or TFDS_DATA_DIR"
    )


def _check(folder: Path, needed: Sequence[str] | None) -> str:
    """Check every file that reading a version will need, and return its key."""
    description = (folder / "dataset_info.json").read_bytes()
    key = sha256(description)
    info = json.loads(description)
    features = (folder / "features.json").read_bytes()
    json.loads(features)
    key.update(features)
    splits = {split["name"]: split for split in info["splits"]}
    for name in needed or splits:
        if name not in splits:
            raise damaged(folder, f"it has no split {name!r}")
        shards = list(_shards(folder, info, splits[name]))
        total = 0
        for shard in shards:
            size = shard.stat().st_size
            total += size
            key.update(f"{shard.name}:{size};".encode())
        examples = sum(map(int, splits[name]["shardLengths"]))
        least = int(splits[name]["numBytes"]) + _FRAME_BYTES * examples
        if info.get("fileFormat", "tfrecord") == "tfrecord" and total < least:
            raise damaged(
                folder, f"split {name!r} has {total} bytes and should have at least {least}"
            )
    return key.hexdigest()


def _shards(folder: Path, info: dict[str, Any], split: dict[str, Any]) -> Iterator[Path]:
    template = split.get("filepathTemplate", "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}")
    count = len(split["shardLengths"])
    for index in range(count):
        file_name = template.format(
            DATASET=info["name"],
            SPLIT=split["name"],
            FILEFORMAT=info.get("fileFormat", "tfrecord"),
            SHARD_INDEX=f"{index:05d}",
            NUM_SHARDS=f"{count:05d}",
            SHARD_X_OF_Y=f"{index:05d}-of-{count:05d}",
        )
        yield folder / Path(file_name).name
