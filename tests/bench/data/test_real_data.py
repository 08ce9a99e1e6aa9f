"""The prepared data that `TFDS_DATA_DIR` points at. The first run decodes it, later ones do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.data.load import identify, load, select
from bench.data.source import Identity, Source

pytestmark = pytest.mark.real_data

REAL = Source("tfds")

# Imported by every Python process, children too, before anything else: writes down who is called.
TELL_TALE = """
import os, sys
def tell(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(os.environ["TELL_TALE"], "a") as file:
            file.write(f"{event} {arguments}\\n")
sys.addaudithook(tell)
"""


def test_cifar10() -> None:
    identity = Identity("tfds:cifar10:3.0.2", synthetic=False, examples=(50_000, 10_000))
    assert identify("cifar10", REAL) == identity
    data = load("cifar10", REAL)
    assert (data.identity, data.synthetic, data.classes, data.notice) == (
        "tfds:cifar10:3.0.2",
        False,
        10,
        "",
    )
    assert data.class_names[:3] == ("airplane", "automobile", "bird")
    assert data.train.values.shape == (50_000, 32, 32, 3)
    assert data.test.values.shape == (10_000, 32, 32, 3)
    assert data.train.values.dtype == np.uint8
    assert data.train.labels.dtype == np.int32
    # Well known means of the channels (0.491, 0.482, 0.447), which JPEG hardly changes.
    means = data.train.values[:5000].mean(axis=(0, 1, 2)) / 255
    assert np.abs(means - [0.491, 0.482, 0.447]).max() < 0.01
    subset = select(data, 4000, 2000, 1000)
    for split, count in ((subset.train, 400), (subset.validation, 200), (subset.test, 100)):
        assert np.bincount(split.labels).tolist() == [count] * 10
    assert len({image.tobytes() for image in subset.train.values}) == 4000


def test_imdb_reviews() -> None:
    data = load("imdb_reviews", REAL)
    assert data.identity == "tfds:imdb_reviews/plain_text:1.0.0"
    assert data.class_names == ("neg", "pos")
    for split in (data.train, data.test):
        assert split.lengths is not None
        assert split.values.shape == (25_000, 200)
        assert split.values.dtype == split.lengths.dtype == np.int32
        assert split.values.max() == 9999
        assert split.lengths.min() >= 1
        assert np.array_equal(split.values != 0, np.arange(200) < split.lengths[:, None])
        # The chosen vocabulary covers most of what is written.
        assert (split.values == 1).sum() / split.lengths.sum() < 0.1
        assert np.bincount(split.labels).tolist() == [12_500, 12_500]
    assert (data.train.values == 2).sum() == max(np.bincount(data.train.values.ravel())[2:])


def test_a_second_load_imports_no_tensorflow() -> None:
    load("cifar10")
    program = (
        "import sys; from bench.data.load import load; print(load('cifar10').identity);"
        "print([name for name in sys.modules if name.startswith(('tensorflow', 'keras'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "tfds:cifar10:3.0.2\n[]\n", done.stderr


@pytest.mark.slow
def test_decoding_contacts_no_server_and_writes_nothing_beside_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(TELL_TALE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TELL_TALE", str(tmp_path / "calls.txt"))
    root = Path(os.environ["TFDS_DATA_DIR"])
    before = sorted(root.rglob("*"))
    load("imdb_reviews", Source("tfds", cache=tmp_path / "cache"))
    assert not (tmp_path / "calls.txt").exists()
    assert sorted(root.rglob("*")) == before
    # The tell-tale does tell:
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    program = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert "socket.connect" in (tmp_path / "calls.txt").read_text()
