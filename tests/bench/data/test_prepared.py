from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.data.prepared import data_root, find, published
from tests.bench.data.prepared_folder import write_texts

IMDB = published("imdb_reviews")
TRAIN_SHARD = "imdb_reviews-train.tfrecord-00000-of-00001"


def write(root: Path) -> Path:
    return write_texts(root, (["good", "bad"], [1, 0]), (["fine"], [1]))


def test_prepared_data_is_found(tmp_path: Path) -> None:
    folder = write(tmp_path)
    prepared = find(IMDB, tmp_path)
    assert prepared is not None
    assert (prepared.folder, prepared.version) == (folder, "1.0.0")
    assert IMDB.identity(prepared.version) == "tfds:imdb_reviews/plain_text:1.0.0"
    assert published("cifar10").identity("3.0.2") == "tfds:cifar10:3.0.2"


def test_nothing_prepared_is_no_error(tmp_path: Path) -> None:
    assert find(IMDB, tmp_path) is None
    assert find(IMDB, tmp_path / "missing") is None
    (tmp_path / "imdb_reviews" / "plain_text" / "1.0.0.incompleteABC123").mkdir(parents=True)
    assert find(IMDB, tmp_path) is None


def test_the_newest_version_is_taken(tmp_path: Path) -> None:
    folder = write(tmp_path)
    for version in ("0.9.0", "1.10.0", "1.9.0"):
        shutil.copytree(folder, folder.with_name(version))
    prepared = find(IMDB, tmp_path)
    assert prepared is not None
    assert prepared.version == "1.10.0"


def test_the_key_changes_with_the_content(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "same")
    write_texts(tmp_path / "other", (["good", "worse"], [1, 0]), (["fine"], [1]))
    one, same, other = (find(IMDB, tmp_path / name) for name in ("one", "same", "other"))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.key == same.key != other.key


def without_split(path: Path) -> None:
    info = json.loads(path.read_text())
    path.write_text(json.dumps(info | {"splits": info["splits"][:1]}))


def outside(path: Path) -> None:
    info = json.loads(path.read_text())
    info["splits"][0]["filepathTemplate"] = "{SPLIT.__class__}"
    path.write_text(json.dumps(info))


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("dataset_info.json", Path.unlink, "dataset_info.json: No such file"),
        ("dataset_info.json", lambda path: path.write_text("{"), "no description"),
        ("dataset_info.json", lambda path: path.write_text("[]"), "no description"),
        ("dataset_info.json", lambda path: path.write_bytes(b"\xff"), "no description"),
        ("dataset_info.json", without_split, "it has no split 'test'"),
        ("dataset_info.json", outside, "<class 'str'>: No such file"),
        ("features.json", Path.unlink, "features.json: No such file"),
        ("features.json", lambda path: path.write_text("{"), "no description"),
        (TRAIN_SHARD, Path.unlink, f"{TRAIN_SHARD}: No such file"),
        (
            TRAIN_SHARD,
            lambda path: path.write_bytes(path.read_bytes()[:-1]),
            "should have at least",
        ),
    ],
)
def test_damage_is_one_line_that_names_folder_and_remedy(
    tmp_path: Path, file: str, damage: Callable[[Path], object], words: str
) -> None:
    folder = write(tmp_path)
    damage(folder / file)
    with pytest.raises(UsageError) as caught:
        find(IMDB, tmp_path)
    message = str(caught.value)
    assert f"the data folder {folder} is damaged" in message
    assert words in message
    assert "--data-dir" in message
    assert "\n" not in message


def test_an_unknown_name_is_corrected() -> None:
    with pytest.raises(UsageError, match="unknown data set 'cifar'; did you mean 'cifar10'"):
        published("cifar")


def test_where_the_data_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    assert data_root(None) == Path("/home/someone/tensorflow_datasets")
    monkeypatch.setenv("TFDS_DATA_DIR", "/data")
    assert data_root(None) == Path("/data")
    assert data_root(tmp_path) == tmp_path


def test_looking_imports_no_tensorflow(tmp_path: Path) -> None:
    write(tmp_path)
    program = (
        "import sys; from pathlib import Path; from bench.data.load import identify;"
        "from bench.data.source import Source;"
        "data = identify('imdb_reviews', Source('auto', Path(sys.argv[1])));print(data.name);"
        "print([name for name in sys.modules if name.startswith(('tensorflow', 'keras'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True
    )
    assert done.stdout == "tfds:imdb_reviews/plain_text:1.0.0\n[]\n", done.stderr
