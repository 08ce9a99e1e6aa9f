from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.data import load as module
from bench.data.load import identify, load, select
from bench.data.prepared import Prepared, PublishedData
from bench.data.source import Identity, Source
from tests.bench.data.prepared_folder import write_texts


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "unreachable", lambda _: "Name or service not known")


@pytest.fixture
def no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(url: str) -> str | None:
        raise AssertionError(f"{url} was contacted")

    monkeypatch.setattr(module, "unreachable", look)


def test_auto_without_data_and_network_is_a_stand_in_and_says_so(
    tmp_path: Path, offline: None
) -> None:
    source = Source("auto", tmp_path, tmp_path / "cache")
    identity = identify("imdb_reviews", source)
    assert (identity.name, identity.synthetic) == ("synthetic:imdb_reviews:1", True)
    assert identity.missing
    data = load("imdb_reviews", source, length=40)
    assert (data.identity, data.synthetic, data.classes) == ("synthetic:imdb_reviews:1", True, 2)
    assert data.notice == identity.notice
    assert data.notice.startswith("STAND-IN DATA: imdb_reviews is generated")
    assert f"no imdb_reviews/plain_text in {tmp_path}" in data.notice
    assert "Name or service not known" in data.notice
    assert "\n" not in data.notice


def test_tfds_never_falls_back(tmp_path: Path, offline: None) -> None:
    for function in (identify, load):
        with pytest.raises(UsageError, match=r"there is no cifar10 in .*TFDS_DATA_DIR"):
            function("cifar10", Source("tfds", tmp_path))


def test_a_stand_in_that_was_asked_for_looks_nowhere(tmp_path: Path, no_look: None) -> None:
    identity = identify("cifar10", Source("synthetic", tmp_path))
    assert (identity.name, identity.synthetic) == ("synthetic:cifar10:1", True)
    assert "STAND-IN DATA" in identity.notice
    assert not identity.missing


def test_prepared_data_needs_no_network(tmp_path: Path, no_look: None) -> None:
    write_texts(tmp_path, (["good"], [1]), (["fine"], [1]))
    for mode in ("auto", "tfds"):
        identity = identify("imdb_reviews", Source(mode, tmp_path))
        assert identity == Identity(
            "tfds:imdb_reviews/plain_text:1.0.0", False, examples=(25_000, 25_000)
        )


def test_damaged_data_is_never_replaced_by_a_stand_in(tmp_path: Path, offline: None) -> None:
    folder = write_texts(tmp_path, (["good"], [1]), (["fine"], [1]))
    (folder / "features.json").unlink()
    for function in (identify, load):
        with pytest.raises(UsageError, match="is damaged"):
            function("imdb_reviews", Source("auto", tmp_path))


def test_with_a_network_it_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(wanted: PublishedData, root: Path) -> Prepared:
        return Prepared(root / "downloaded", wanted.version, "key")

    def decode(
        source: PublishedData, folder: Path, out: Path, *_: object, **__: object
    ) -> dict[str, object]:
        assert folder == tmp_path / "downloaded"
        for split in ("train", "test"):
            np.save(out / f"{split}_values.npy", np.zeros((2, 32, 32, 3), np.uint8))
            np.save(out / f"{split}_labels.npy", np.zeros(2, np.int32))
        return {"class_names": ["a", "b"]}

    monkeypatch.setattr(module, "unreachable", lambda _: None)
    monkeypatch.setattr(module, "download", download)
    monkeypatch.setattr(module, "decode", decode)
    source = Source("auto", tmp_path, tmp_path / "cache")
    identity = Identity("tfds:cifar10:3.0.2", False, examples=(50_000, 10_000))
    assert identify("cifar10", source) == identity
    data = load("cifar10", source)
    assert (data.identity, data.synthetic, data.notice) == ("tfds:cifar10:3.0.2", False, "")
    assert data.train.lengths is None
    assert data.class_names == ("a", "b")


def test_text_options_have_caches_of_their_own(tmp_path: Path) -> None:
    def stand_in(vocabulary_size: int, length: int) -> tuple[int, ...]:
        data = load(
            "imdb_reviews",
            Source("synthetic", cache=tmp_path),
            vocabulary_size=vocabulary_size,
            length=length,
        )
        return (*data.train.values.shape, int(data.train.values.max()))

    assert stand_in(50, 8) == (25_000, 8, 49)
    assert stand_in(60, 8) == (25_000, 8, 59)
    assert stand_in(50, 9) == (25_000, 9, 49)
    assert stand_in(50, 8) == (25_000, 8, 49)


@pytest.mark.parametrize(("size", "length"), [(2, 200), (100, 0)])
def test_options_that_leave_no_text_are_refused(size: int, length: int) -> None:
    with pytest.raises(UsageError, match="leave no text"):
        load("imdb_reviews", Source("synthetic"), vocabulary_size=size, length=length)


def test_an_unknown_mode_is_corrected() -> None:
    with pytest.raises(UsageError, match="unknown data mode 'syntetic'; did you mean 'synthetic'"):
        identify("cifar10", Source("syntetic"))


def test_generating_and_reading_import_no_tensorflow(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bench.data.load import load, select;"
        "from bench.data.source import Source;"
        "data = load('imdb_reviews', Source('synthetic', cache=Path(sys.argv[1])), length=8);"
        "print(select(data, 100, 50, 50).digest);"
        "print([name for name in sys.modules if name.startswith(('tensorflow', 'keras'))])"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True)
        for _ in range(2)
    )
    assert first.stdout == second.stdout
    data = load("imdb_reviews", Source("synthetic", cache=tmp_path), length=8)
    assert first.stdout.decode() == f"{select(data, 100, 50, 50).digest}\n[]\n"


@pytest.mark.parametrize(("name", "synthetic"), [("mine:1", True), ("synthetic:mine:1", False)])
def test_a_name_that_contradicts_what_is_declared_is_refused(name: str, synthetic: bool) -> None:
    with pytest.raises(
        UsageError, match=f"{name}' is declared with synthetic={synthetic}; the name"
    ):
        Identity(name, synthetic)
