"""Trainings share the machine, a timing has it alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from bench.storage.machine_lock import timing, training


class WaitsError(Exception):
    """Ends a wait that would last."""


def no_waiting(_seconds: float) -> None:
    raise WaitsError


def is_free(folder: Path) -> bool:
    """Whether a timing could begin at once."""
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
    assert list(tmp_path.glob("training-*.lock"))
    assert is_free(tmp_path)
    assert not list(tmp_path.glob("training-*.lock"))
