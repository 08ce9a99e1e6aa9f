"""One study, one writer."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.storage.folder_lock import NOTE, only_writer
from bench.storage.store import Store

HOLD = """
import sys
from pathlib import Path
from bench.storage.store import Store
with Store(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path):
    """Start another process that holds `tmp_path / "tiny"`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "tiny")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_the_second_one_is_told_who_holds_it(tmp_path: Path, other: subprocess.Popen) -> None:
    with pytest.raises(UsageError) as error, Store(tmp_path / "tiny").lock():
        pass
    text = str(error.value)
    assert f"process {other.pid} on {socket.gethostname()} since 2" in text
    assert "--name" in text
    assert "\n" not in text


def test_a_lock_is_free_once_its_process_was_killed(
    tmp_path: Path, other: subprocess.Popen
) -> None:
    other.kill()
    other.wait()
    assert (tmp_path / "tiny" / NOTE).exists()
    with Store(tmp_path / "tiny").lock():
        assert json.loads((tmp_path / "tiny" / NOTE).read_text())["pid"] == os.getpid()
    assert not (tmp_path / "tiny" / NOTE).exists()


def test_a_lock_is_free_once_its_process_is_done(tmp_path: Path, other: subprocess.Popen) -> None:
    other.communicate()
    with Store(tmp_path / "tiny").lock():
        pass
    with Store(tmp_path / "tiny").lock():
        pass


def test_a_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x"), only_writer(tmp_path):
        raise ValueError("x")
    with only_writer(tmp_path):
        pass


def test_a_note_of_another_machine_is_believed(tmp_path: Path) -> None:
    note = tmp_path / NOTE
    note.write_text(json.dumps({"pid": 7, "host": "elsewhere", "since": "2030-01-01"}))
    with pytest.raises(UsageError, match=r"process 7 on elsewhere.*remove .*lock\.json"):
        only_writer(tmp_path).__enter__()
    note.unlink()
    with only_writer(tmp_path):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "[" * 100_000])
def test_a_note_that_cannot_be_read_is_stale(tmp_path: Path, text: str) -> None:
    (tmp_path / NOTE).write_text(text)
    with only_writer(tmp_path):
        pass


def test_half_written_files_of_a_killed_process_are_cleared(tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    leftover = tmp_path / "trials" / ".cifar10--mixup--001.json.77.tmp"
    leftover.write_bytes(b"half")
    with Store(tmp_path).lock():
        assert not leftover.exists()


def test_a_folder_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="--results"), Store(tmp_path / "file" / "x").lock():
        pass
