"""Output that is closed, full, or lacks a character."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli.streams import ASCII, degraded

TEXT = "ΔECE −0.2 ± 0.1 × 3 – ok … é 漢"


def bench(shell: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = f"{sys.executable} -m bench.cli.main {shell}"
    return subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", "change of ECE -0.2 +- 0.1 x 3 - ok ... e ?"),
        ("latin-1", "change of ECE -0.2 ± 0.1 × 3 - ok ... é ?"),
        ("utf-8", TEXT),
    ],
)
def test_text_degrades(encoding: str, expected: str) -> None:
    code = f"from bench.cli import streams; streams.prepare(); print({TEXT!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.stdout.decode(encoding).strip() == expected, done.stderr


def test_only_what_cannot_be_encoded_is_replaced() -> None:
    assert all(text.isascii() for text in ASCII.values())
    with pytest.raises(UnicodeDecodeError):
        degraded(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"))


@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_output_is_no_failure(redirect: str, tmp_path: Path) -> None:
    done = bench(f"list {redirect}", tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_file_never_takes_the_number_of_a_closed_output(tmp_path: Path) -> None:
    code = (
        "from bench.cli import streams; streams.prepare(); import os\n"
        "file = open('data', 'w'); os.write(1, b'stray'); file.close()"
    )
    subprocess.run(f'{sys.executable} -c "{code}" >&-', shell=True, cwd=tmp_path, check=True)
    assert (tmp_path / "data").read_text() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_full_output_is_one_line(tmp_path: Path) -> None:
    done = bench("list > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode().strip() == "bench: cannot use its output: No space left on device"
