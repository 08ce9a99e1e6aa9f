"""A data set of tensorflow-datasets with one image or one text, and one class, an example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.core.errors import BenchError, UsageError, unknown
from bench.data.child import run_module
from bench.data.download import unreachable
from bench.data.own import pictures
from bench.data.own.address import Address
from bench.data.own.classes import label_of
from bench.data.own.example import UNSPLIT, Example, Reader, Unreadable, key_of
from bench.data.prepared import Prepared, PublishedData, damaged, data_root, find
from bench.data.source import Source

SERVER = "https://www.tensorflow.org/datasets"
TEST_SPLITS = ("test", "validation", "valid", "val")


class TfdsSet(Reader):
    """A reader of prepared data. It describes the data without TensorFlow and reads it with it."""

    OPTIONS = ("input", "label", "size", "color", "test_share", "split_seed")

    def __init__(self, address: Address, options: Mapping[str, str], source: Source) -> None:
        self.place = place = address.place
        self.options = options
        self.others = []
        self.data_folder = data_root(source.directory)
        self.prepared = _prepared(place, self.data_folder)
        folder = self.prepared.folder
        self.info = json.loads((folder / "dataset_info.json").read_bytes())
        tree = json.loads((folder / "features.json").read_bytes())
        try:
            features = tree["featuresDict"]["features"]
            kinds = {n: f["pythonClassName"].rpartition(".")[2] for n, f in features.items()}
        except (KeyError, TypeError, AttributeError):
            raise UsageError(f"tfds:{place} has examples without named features") from None
        images = self._feature("input", kinds, "Image")
        given = images or self._feature("input", kinds, "Text")
        label = self._feature("label", kinds, "ClassLabel")
        if not given or not label:
            listed = ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
            raise UsageError(
                f"tfds:{place} has the features {listed}; supported is an image or a text with one "
                "class (ClassLabel)"
            )
        self.input, self.label = given, label
        self.modality = "image" if kinds[self.input] == "Image" else "text"
        names = folder / f"{self.label}.labels.txt"
        self.class_names = ()
        if kinds[self.label] == "ClassLabel" and names.is_file():
            self.class_names = tuple(names.read_text(encoding="utf-8").splitlines())

    def _feature(self, role: str, kinds: Mapping[str, str], kind: str) -> str | None:
        """Find the feature of a role: the one that is asked for, else the only one of a kind.

        Raises:
            UsageError: it does not exist, or there are several.
        """
        if (asked := self.options.get(role)) is not None:
            if asked not in kinds:
                raise unknown(f"feature of tfds:{self.place}", asked, kinds)
            return asked
        names = [name for name, of_kind in kinds.items() if of_kind == kind]
        usual = {"Image": "image", "Text": "text", "ClassLabel": "label"}[kind]
        if len(names) > 1 and usual not in names:
            raise UsageError(
                f"tfds:{self.place} has several features for the {role} ({', '.join(names)}); choose "
                f"one with --set data.{role}={names[0]}"
            )
        return usual if usual in names else names[0] if names else None

    @property
    def identity(self) -> str:
        """Return the name of the data in records, without the options."""
        folder = self.prepared.folder
        return f"tfds:{folder.parent.relative_to(self.data_folder).as_posix()}:{folder.name}"

    def content(self, cache: Path) -> str:
        return self.prepared.key

    @property
    def splits(self) -> dict[str, str]:
        """Return the splits that are read -> `train`, `test` or `all`.

        Raises:
            UsageError: there is no training split.
        """
        names = [split["name"] for split in self.info["splits"]]
        if "train" not in names:
            raise UsageError(f"tfds:{self.place} has no split 'train' ({', '.join(names)})")
        test = next((name for name in TEST_SPLITS if name in names), None)
        return {"train": UNSPLIT} if test is None else {"train": "train", test: "test"}

    def examples(self) -> Iterator[Example | Unreadable]:
        named = [split["name"] for split in self.info["splits"]]
        self.unread = tuple(name for name in named if name not in self.splits)
        form = None
        if self.modality == "image":
            headers = (pictures.header(example[self.input]) for _, example in self._stored())
            form = pictures.chosen_form((head for head in headers if head), self.options)
        for name, example in self._stored():
            content, label = example[self.input], label_of(example[self.label], name)
            split = self.splits[name.partition(" ")[0]]
            if label is None or (self.class_names and int(label) < 0):
                yield Unreadable(name, "it has no label")
            elif form is None:
                yield Example(
                    split, name, label, content.decode("utf-8", "replace"), key_of(content)
                )
            else:
                try:
                    image, size = pictures.decoded(content, form)
                except ValueError as error:
                    yield Unreadable(name, str(error))
                    continue
                yield Example(split, name, label, image, key_of(content), size)

    def _stored(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the examples as they are stored, with their split and number."""
        import tensorflow as tf
        import tensorflow_datasets as tfds

        folder = self.prepared.folder
        try:
            builder = tfds.builder_from_directory(str(folder))
            for split in self.splits:
                dataset = builder.as_dataset(
                    split=split,
                    shuffle_files=False,
                    decoders={self.input: tfds.decode.SkipDecoding()},
                    read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
                )
                for number, example in enumerate(dataset.as_numpy_iterator()):
                    yield f"{split} {number}", example
        except (tf.errors.OpError, ValueError, KeyError, TypeError) as error:
            lines = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", str(error)).strip().splitlines() or [""]
            raise damaged(folder, lines[0].strip()) from error


def _prepared(place: str, root: Path) -> Prepared:
    """Find the prepared data of `NAME` or `NAME/CONFIG`; download it if there is none.

    Raises:
        UsageError: it has several configurations; there is neither data nor a network.
        BenchError: the download failed.
    """
    if not re.fullmatch(r"\w+(/[\w.+-]+)?", place):
        raise UsageError(f"tfds:{place}: write tfds:NAME or tfds:NAME/CONFIG")
    if (prepared := _found(place, root)) is not None:
        return prepared
    if (reason := unreachable(SERVER)) is not None:
        raise UsageError(
            f"there is no {place} in {root}, and it cannot be downloaded: {reason}; set TFDS_DATA_DIR "
            "or --data-dir to a folder where tensorflow-datasets prepared it"
        )
    done = run_module("bench.data.download", [place, str(root)], stderr=None)
    if done.returncode == 0 and (prepared := _found(place, root)) is not None:
        return prepared
    raise BenchError(f"tensorflow-datasets could not download {place} ({done.last_line[:200]})")


def _found(place: str, root: Path) -> Prepared | None:
    name, _, config = place.partition("/")
    source = PublishedData(name, config, "", "images", SERVER)
    prepared = find(source, root, needed=None)
    if prepared is not None or config or not (root / name).is_dir():
        return prepared
    configs = sorted(path.name for path in (root / name).iterdir() if path.is_dir())
    found = {name: find(replace(source, config=name), root, needed=None) for name in configs}
    there = {name: prepared for name, prepared in found.items() if prepared is not None}
    if len(there) > 1:
        raise UsageError(
            f"tfds:{name} has several configurations in {root}; choose one of "
            + ", ".join(f"tfds:{name}/{config}" for config in there)
        )
    return next(iter(there.values()), None)
