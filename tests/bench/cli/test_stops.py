"""A command that is stopped says in one line what is kept, and ends with the code of its signal."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bench.cli import main as command_line
from bench.cli.command import Command
from bench.cli.stops import TerminatedError, end_at_sigterm
from bench.core.exit_code import ExitCode
from bench.core.record import Record
from bench.core.study import Trial
from bench.running.collect import TrainingWatch, collect
from bench.running.executors.executor import Outcome
from bench.running.executors.local import LocalExecutor
from bench.storage.folder_lock import only_writer
from bench.storage.store import Store
from tests.bench.measured import Measure, study


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # A shell starts background commands with Ctrl-C ignored, and Python leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "words", "code"),
    [
        (signal.SIGINT, "interrupted", ExitCode.INTERRUPTED),
        (signal.SIGTERM, "stopped by SIGTERM", ExitCode.TERMINATED),
    ],
)
def test_a_stopped_command_says_what_is_kept(
    number: signal.Signals,
    words: str,
    code: ExitCode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = typer.Typer()

    @app.command(cls=Command)
    def measure() -> None:
        with only_writer(tmp_path), only_writer(tmp_path / "choosing"):
            os.kill(os.getpid(), number)

    monkeypatch.setattr(command_line, "app", app)
    monkeypatch.setattr("sys.argv", ["bench"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == code == 128 + number
    assert capsys.readouterr().err.splitlines() == [
        f"bench: {words}; what was finished is kept in {tmp_path / 'choosing'}, and the same "
        "command goes on"
    ]


class Terminates(TrainingWatch):
    """A watch that sends SIGTERM to this process when the first trial has ended."""

    def ended(self, outcome: Outcome[Trial, Record]) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_keeps_the_trials_that_ended_and_fails_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_study(study())
    end_at_sigterm()
    with pytest.raises(TerminatedError), store.lock():
        collect(store, LocalExecutor(1), study().trials(), Measure(0.1), Terminates())
    assert len(store.records().records) == 1
    assert not store.failures()
    assert len(store.missing(study())) == len(study().trials()) - 1
