"""Sets of tensorflow-datasets by their names: which features are read, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.data.own import tfds_set
from bench.data.own.address import Address, parse
from bench.data.own.load import images, own_data, texts
from bench.data.own.tfds_set import TfdsSet
from bench.data.source import Source
from tests.bench.data import prepared_folder
from tests.bench.data.own.made import noise

_TEXT = {"pythonClassName": "tfds.features.Text", "text": {}}
_IMAGE = {"pythonClassName": "tfds.features.Image", "image": {}}


def reader(name: str, root: Path, **options: str) -> TfdsSet:
    return TfdsSet(Address("tfds", name), options, Source("tfds", root))


def write_set(root: Path, features: dict, splits: dict[str, int] | None = None) -> None:
    """Describe a set without a readable example."""
    folder = root / "mine" / "1.0.0"
    folder.mkdir(parents=True)
    tree = {"featuresDict": {"features": features}}
    (folder / "features.json").write_text(json.dumps(tree))
    listed = [
        {"name": name, "numBytes": "0", "shardLengths": [str(count)]}
        for name, count in (splits or {"train": 0, "test": 0}).items()
    ]
    for name in splits or ("train", "test"):
        (folder / f"mine-{name}.tfrecord-00000-of-00001").write_bytes(b"\0" * 16 * 9)
    (folder / "dataset_info.json").write_text(json.dumps({"name": "mine", "splits": listed}))


LABEL = {"pythonClassName": "tfds.features.ClassLabel", "classLabel": {"numClasses": "2"}}


def test_features_are_found_by_their_kinds(tmp_path: Path) -> None:
    write_set(tmp_path, {"id": _TEXT, "picture": _IMAGE, "kind": LABEL})
    found = reader("mine", tmp_path)
    assert (found.modality, found.input, found.label) == ("image", "picture", "kind")
    assert found.identity == "tfds:mine:1.0.0"
    assert found.splits == {"train": "train", "test": "test"}


def test_of_several_texts_one_is_chosen(tmp_path: Path) -> None:
    write_set(tmp_path, {"title": _TEXT, "description": _TEXT, "label": LABEL}, {"train": 0})
    with pytest.raises(
        UsageError, match=r"\(title, description\); choose one with --set data.input"
    ):
        reader("mine", tmp_path)
    assert reader("mine", tmp_path, input="description").input == "description"
    assert reader("mine", tmp_path, input="title").splits == {"train": "all"}
    with pytest.raises(UsageError, match="did you mean 'title'"):
        reader("mine", tmp_path, input="titel")


def test_a_set_without_a_class_is_refused(tmp_path: Path) -> None:
    write_set(tmp_path, {"image": _IMAGE, "score": {"pythonClassName": "tfds.features.Scalar"}})
    with pytest.raises(UsageError, match=r"image \(Image\), score \(Scalar\); supported is"):
        reader("mine", tmp_path)


def test_without_data_and_network_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfds_set, "unreachable", lambda url: "no route to host")
    with pytest.raises(
        UsageError, match=r"no fashion_mnist in .*: no route to host; set TFDS_DATA"
    ):
        reader("fashion_mnist", tmp_path)


def test_several_configurations_are_listed(tmp_path: Path) -> None:
    for config in ("one", "two"):
        prepared_folder.write_texts(tmp_path, (["a"], [0]), (["b"], [1]))
        (tmp_path / "imdb_reviews" / "plain_text").rename(tmp_path / "imdb_reviews" / config)
    with pytest.raises(
        UsageError, match="choose one of tfds:imdb_reviews/one, tfds:imdb_reviews/two"
    ):
        reader("imdb_reviews", tmp_path)


@pytest.mark.slow
def test_images_and_texts_are_read_in_a_child_process(tmp_path: Path) -> None:
    labels = np.arange(20) % 10
    pixels = noise(0, 20, 32, 32, 3)
    prepared_folder.write_images(tmp_path, (pixels, labels), (noise(1, 10, 32, 32, 3), labels[:10]))
    source = Source("auto", tmp_path, tmp_path / "cache")
    data = own_data(parse("tfds:cifar10"), {}, source)
    assert data.identity == "tfds:cifar10:3.0.2"
    assert data.facts.class_names == tuple(f"sort {number}" for number in range(10))
    train = images(data).train
    written = dict(zip(map(bytes, pixels), labels, strict=True))
    assert {i.tobytes(): n for i, n in zip(train.values, train.labels, strict=True)} == written
    sized = own_data(parse("tfds:cifar10"), {"size": "16"}, source)
    assert sized.identity == "tfds:cifar10:3.0.2:size=16"
    assert sized.facts.shape == (16, 16, 3)
    prepared_folder.write_texts(tmp_path, (["good film", "bad film"], [1, 0]), (["good"], [1]))
    read = own_data(parse("tfds:imdb_reviews"), {}, source)
    assert read.identity == "tfds:imdb_reviews/plain_text:1.0.0"
    assert sorted(texts(read, 9, 3, "start").train.lengths) == [2, 2]
