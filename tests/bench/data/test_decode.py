"""Decoding in the child process, with tensorflow-datasets, of small folders written without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import BenchError, UsageError
from bench.data.load import load
from bench.data.source import Source
from tests.bench.data.prepared_folder import CLASSES, write_images, write_texts

pytestmark = pytest.mark.slow


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    return images, np.arange(count) % 10


def test_images_come_out_as_they_went_in(tmp_path: Path) -> None:
    stored = {"train": pictures(40, 1), "test": pictures(20, 2)}
    write_images(tmp_path / "one", **stored)
    turned = {name: (images[::-1], labels[::-1]) for name, (images, labels) in stored.items()}
    write_images(tmp_path / "turned", **turned)
    one, other = (
        load("cifar10", Source("auto", tmp_path / name, tmp_path / f"cache-{name}"))
        for name in ("one", "turned")
    )
    assert one.identity == "tfds:cifar10:3.0.2"
    assert one.class_names == tuple(CLASSES["cifar10"])
    for name, (images, labels) in stored.items():
        split = getattr(one, name)
        assert np.array_equal(split.values, getattr(other, name).values)
        assert sorted(split.labels[:10]) == list(range(10))
        rows = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
        assert len(split) == len(rows)
        for image, label in zip(split.values, split.labels, strict=True):
            assert rows[image.tobytes()] == label


def test_words_are_learned_from_the_training_split_alone(tmp_path: Path) -> None:
    train = ["good good film", "bad film", "good<br />show", ""], [1, 0, 1, 0]
    test = ["unseen unseen unseen good", "film"], [1, 0]
    write_texts(tmp_path, train, test)
    data = load("imdb_reviews", Source("auto", tmp_path, tmp_path / "cache"), length=4)
    assert data.class_names == ("neg", "pos")
    # By frequency, then by alphabet: good 2, film 3, bad 4, show 5.
    test_rows = zip(data.test.values, data.test.labels, strict=True)
    rows = {(tuple(row), int(label)) for row, label in test_rows}
    assert rows == {((1, 1, 1, 2), 1), ((3, 0, 0, 0), 0)}
    seen = {tuple(row) for row in data.train.values}
    assert seen == {(2, 2, 3, 0), (4, 3, 0, 0), (2, 5, 0, 0), (1, 0, 0, 0)}
    assert data.train.lengths is not None
    assert sorted(data.train.lengths) == [1, 2, 2, 3]


def test_a_damaged_record_is_one_line_and_leaves_no_cache(tmp_path: Path) -> None:
    folder = write_images(tmp_path, pictures(20, 1), pictures(10, 2))
    shard = folder / "cifar10-test.tfrecord-00000-of-00001"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with pytest.raises(
        UsageError, match=r"is damaged \(split 'test': corrupted record at \d+\)"
    ) as caught:
        load("cifar10", Source("auto", tmp_path, tmp_path / "cache"))
    assert "\n" not in str(caught.value)
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_features_of_something_else_are_one_line(tmp_path: Path) -> None:
    folder = write_images(tmp_path, pictures(10, 1), pictures(10, 2))
    (folder / "features.json").write_text('{"pythonClassName": "no.such.Feature"}')
    with pytest.raises(BenchError) as caught:
        load("cifar10", Source("auto", tmp_path, tmp_path / "cache"))
    assert isinstance(caught.value, UsageError)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
