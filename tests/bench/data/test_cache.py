from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.errors import BenchError, UsageError
from bench.data.cache import cache_root, fetch
from tests.bench.other_user import as_nobody, needs_root

VALUES = np.arange(3000, dtype=np.int32).reshape(1000, 3)


class Builder:
    """A function that writes an array and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, out: Path) -> dict[str, Any]:
        self.calls += 1
        np.save(out / "values.npy", VALUES)
        return {"class_names": ["a", "b"]}


def test_an_entry_is_built_once_and_mapped(tmp_path: Path) -> None:
    build = Builder()
    for _ in range(3):
        entry = fetch(tmp_path / "new" / "entry", build)
        assert np.array_equal(entry.arrays["values"], VALUES)
        assert isinstance(entry.arrays["values"], np.memmap)
        assert not entry.arrays["values"].flags.writeable
        assert entry.facts == {"class_names": ["a", "b"]}
        assert entry.folder == tmp_path / "new" / "entry"
        assert entry.notice == ""
    assert build.calls == 1


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("values.npy", flip),
        ("values.npy", Path.unlink),
        ("values.npy", lambda path: path.write_bytes(path.read_bytes()[:-8])),
        ("values.npy", lambda path: path.write_bytes(b"")),
        ("manifest.json", Path.unlink),
        ("manifest.json", lambda path: path.write_text("{}")),
        ("manifest.json", lambda path: path.write_text("[1]")),
        ("manifest.json", lambda path: path.write_bytes(path.read_bytes()[:40])),
        ("manifest.json", lambda path: path.write_bytes(b"\xff\xfe")),
    ],
)
def test_a_damaged_entry_is_found_and_built_again(
    tmp_path: Path, file: str, damage: Callable[[Path], object]
) -> None:
    build = Builder()
    fetch(tmp_path / "entry", build)
    damage(tmp_path / "entry" / file)
    entry = fetch(tmp_path / "entry", build)
    assert build.calls == 2
    assert np.array_equal(entry.arrays["values"], VALUES)
    fetch(tmp_path / "entry", build)
    assert build.calls == 2


def test_who_has_a_damaged_entry_open_keeps_reading(tmp_path: Path) -> None:
    mapped = fetch(tmp_path / "entry", Builder()).arrays["values"]
    (tmp_path / "entry" / "manifest.json").unlink()
    fetch(tmp_path / "entry", Builder())
    assert np.array_equal(mapped, VALUES)


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def build(out: Path) -> dict[str, Any]:
        np.save(out / "values.npy", VALUES)
        raise UsageError("the data folder is damaged")

    with pytest.raises(UsageError, match="the data folder is damaged"):
        fetch(tmp_path / "entry", build)
    assert [path.name for path in tmp_path.iterdir()] == ["entry.lock"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    dead = tmp_path / "entry.partial-1234"
    dead.mkdir()
    (dead / "values.npy").write_bytes(b"half")
    (tmp_path / "entry.lock").touch()
    fetch(tmp_path / "entry", Builder())
    assert not dead.exists()


def _slow_build(out: Path) -> dict[str, Any]:
    (out.parent / "log.txt").open("a").write("built\n")
    np.save(out / "values.npy", VALUES)
    time.sleep(0.5)
    return {}


def _fetch_slowly(folder: Path) -> bool:
    return np.array_equal(fetch(folder, _slow_build).arrays["values"], VALUES)


def test_of_two_processes_at_once_one_builds_and_both_read(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_fetch_slowly, [tmp_path / "entry"] * 2, chunksize=1) == [True, True]
    assert (tmp_path / "log.txt").read_text() == "built\n"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_read_only_cache_is_said_and_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    cache, scratch = tmp_path / "cache", tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def refuse(dir: Path) -> None:  # noqa: A002
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    build = Builder()
    entry = fetch(cache / "entry", build)
    assert np.array_equal(entry.arrays["values"], VALUES)
    assert entry.folder is None
    assert f"the cache folder {cache} is read-only" in entry.notice
    assert "REGULARIZATION_BENCH_CACHE" in entry.notice
    assert list(scratch.iterdir()) == []
    assert list(cache.iterdir()) == []


def test_a_whole_entry_in_a_read_only_cache_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(tmp_path / "entry", Builder())

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    build = Builder()
    assert fetch(tmp_path / "entry", build).folder == tmp_path / "entry"
    assert build.calls == 0


FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from bench.data.cache import fetch
from bench.core.errors import BenchError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
def build(out):
    np.save(out / "values.npy", np.arange(3000, dtype=np.int32))
    return {}
try:
    fetch(Path(sys.argv[1]), build)
except BenchError as error:
    print(error.exit_code, error)
"""


def test_a_disk_that_takes_no_more_is_one_clear_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "entry")], capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout.startswith(f"1 the decoded data cannot be written to {tmp_path} (")
    assert "free some space" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["entry.lock"]


def test_a_full_disk_at_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(BenchError, match=r"No space left on device.*free some space"):
        fetch(tmp_path / "entry", Builder())


def test_a_cache_folder_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/cache cannot be made \(Not a directory\)"):
        fetch(tmp_path / "file" / "cache" / "entry", Builder())


def test_the_manifest_holds_nothing_but_json_and_checksums(tmp_path: Path) -> None:
    fetch(tmp_path / "entry", Builder())
    manifest = json.loads((tmp_path / "entry" / "manifest.json").read_text())
    assert set(manifest) == {"facts", "checksums"}
    assert len(manifest["checksums"]["values"]) == 64


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("REGULARIZATION_BENCH_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_root(None) == Path("/home/someone/.cache/regularization-bench")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_root(None) == Path("/xdg/regularization-bench")
    monkeypatch.setenv("REGULARIZATION_BENCH_CACHE", "/named")
    assert cache_root(None) == Path("/named")
    assert cache_root(tmp_path) == tmp_path


@needs_root
def test_a_lock_of_another_user_costs_time_and_no_traceback() -> None:
    with tempfile.TemporaryDirectory() as name:
        shared = Path(name)
        shared.chmod(0o777)
        (shared / "entry.lock").touch(0o600)

        def read() -> tuple[list[int], bool, str]:
            entry = fetch(shared / "entry", Builder())
            return list(entry.arrays["values"].shape), entry.folder is None, entry.notice

        shape, is_kept_nowhere, notice = as_nobody(read)
    assert shape == list(VALUES.shape)
    assert is_kept_nowhere
    assert "decoded for this process alone" in notice
    assert "\n" not in notice


@needs_root
def test_users_share_a_cache() -> None:
    with tempfile.TemporaryDirectory() as name:
        shared = Path(name)
        shared.chmod(0o777)
        before = os.umask(0o077)
        try:
            fetch(shared / "entry", Builder())
        finally:
            os.umask(before)
        shutil.rmtree(shared / "entry")
        assert (shared / "entry.lock").exists()

        def build() -> bool:
            return fetch(shared / "entry", Builder()).folder is not None

        assert as_nobody(build)
        unused = Builder()
        assert fetch(shared / "entry", unused).folder == shared / "entry"
        assert unused.calls == 0


def test_no_place_for_temporary_files_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", nowhere)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", nowhere)
    monkeypatch.setattr(tempfile, "mkdtemp", nowhere)
    with pytest.raises(BenchError, match=r"cannot be written to .*Read-only file system") as error:
        fetch(tmp_path / "entry", Builder())
    assert "\n" not in str(error.value)
