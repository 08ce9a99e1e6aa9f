"""Trainings share the machine, a timing has it alone."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, suppress
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.core.errors import UsageError
from bench.storage import machine_lock
from bench.storage.machine_lock import FILE, timing, training
from tests.bench.other_user import NOBODY, as_nobody, needs_root


class WaitsError(Exception):
    """An error that ends an endless wait."""


def no_waiting(_seconds: float) -> None:
    raise WaitsError


def is_free(folder: Path) -> bool:
    """Return true if a timing could start at once."""
    reasons: list[str] = []
    try:
        with timing(folder, reasons.append, no_waiting):
            return True
    except WaitsError:
        assert len(reasons) == 1
        return False


def test_timing_waits_for_every_training_and_says_so(tmp_path: Path) -> None:
    reasons: list[str] = []
    first, second = training(tmp_path), training(tmp_path)
    first.__enter__()
    second.__enter__()
    ends = iter([first, second])

    def sleep(_seconds: float) -> None:
        next(ends).__exit__(None, None, None)

    with timing(tmp_path, reasons.append, sleep):
        assert next(ends, None) is None
    assert reasons == ["step times wait for a training on this machine"]


def test_two_timings_exclude_each_other(tmp_path: Path) -> None:
    assert is_free(tmp_path)
    with timing(tmp_path):
        assert not is_free(tmp_path)
    assert is_free(tmp_path)


def test_a_training_waits_for_the_timing_to_end(tmp_path: Path) -> None:
    entered = threading.Event()

    def train() -> None:
        with training(tmp_path):
            entered.set()

    with timing(tmp_path):
        thread = threading.Thread(target=train)
        thread.start()
        assert not entered.wait(0.3)
    assert entered.wait(10)
    thread.join()


def test_a_training_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, os\nfrom pathlib import Path\nfrom bench.storage.machine_lock import training\n"
        "with training(Path(sys.argv[1])):\n    os.kill(os.getpid(), 9)\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=dict(os.environ))
    assert died.returncode != 0
    assert is_free(tmp_path)


def test_a_training_that_ended_holds_nothing_in_its_forked_workers(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from bench.storage.machine_lock import training\n"
        "with training(Path(sys.argv[1])):\n"
        "    if not os.fork():\n        time.sleep(30)\n        os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=20)
    assert is_free(tmp_path)


def test_the_reason_of_a_wait_is_named(tmp_path: Path) -> None:
    for held, reason in ((training, "a training"), (timing, "another timing")):
        reasons: list[str] = []
        with held(tmp_path), pytest.raises(WaitsError):
            timing(tmp_path, reasons.append, no_waiting).__enter__()
        assert reasons == [f"step times wait for {reason} on this machine"]


def test_a_process_that_waited_for_a_file_that_is_gone_takes_the_new_one(tmp_path: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def train() -> None:
        with training(tmp_path):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=train)
    with timing(tmp_path):
        thread.start()
        assert not entered.wait(0.3)
        (tmp_path / FILE).unlink()
    assert entered.wait(10)
    assert not is_free(tmp_path)
    leave.set()
    thread.join()


def test_a_lock_that_was_cleaned_away_is_made_again(tmp_path: Path) -> None:
    with training(tmp_path):
        (tmp_path / FILE).unlink()
        with training(tmp_path):
            assert not is_free(tmp_path)


# --- other users ---


class Said(NamedTuple):
    """Output of another user's process, and the reason of its wait."""

    errors: str
    reasons: list[str]


def as_another_user(folder: Path, timed: bool = False) -> Said:
    """Hold the lock for a moment in a process of a user who owns nothing here."""

    def hold() -> tuple[str, list[str]]:
        errors, reasons = StringIO(), list[str]()
        held = timing(folder, reasons.append, no_waiting) if timed else training(folder)
        with redirect_stderr(errors), suppress(WaitsError), held:
            reasons.append("held")
        return errors.getvalue(), reasons

    return Said(*as_nobody(hold))


@pytest.fixture
def shared() -> Iterator[Path]:
    """Make a folder like /tmp: everybody may write, nobody may remove another user's file."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)
        yield Path(folder)


@needs_root
def test_two_users_share_one_lock(shared: Path) -> None:
    before = os.umask(0o077)
    try:
        with training(shared):
            assert as_another_user(shared) == ("", ["held"])
            waits = as_another_user(shared, timed=True)
            assert waits == ("", ["step times wait for a training on this machine"])
        assert as_another_user(shared, timed=True) == ("", ["held"])
    finally:
        os.umask(before)
    assert [path.name for path in shared.iterdir()] == [FILE]


@needs_root
def test_a_lock_that_another_user_shut_is_replaced_by_one_of_this_user(shared: Path) -> None:
    with training(shared):
        (shared / FILE).chmod(0o600)
        said = as_another_user(shared)
    assert said.reasons == ["held"]
    assert said.errors.count("\n") == 1
    assert "Permission denied" in said.errors
    assert "do not wait for the trainings of other users" in said.errors
    assert (shared / f"{NOBODY}-{FILE}").stat().st_uid == NOBODY


def refused(*_: object) -> int:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("obstacle", ["link", "pipe", "folder"])
def test_what_is_no_plain_file_is_never_followed_or_waited_for(
    obstacle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / FILE
    secret = tmp_path / "secret"
    secret.write_text("unchanged")
    if obstacle == "link":
        path.symlink_to(secret)
    elif obstacle == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with training(tmp_path):
        assert not is_free(tmp_path)
    assert secret.read_text() == "unchanged"
    assert capsys.readouterr().err.count("this user has one alone") == 1


def test_a_folder_that_takes_no_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_lock, "_open_file", refused)
    with pytest.raises(UsageError, match="Permission denied; set TMPDIR to a folder") as error:
        training(tmp_path).__enter__()
    assert "\n" not in str(error.value)
