"""The local executor, beyond the tests of every executor (`test_shared.py`)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.core.errors import UsageError
from bench.running.executors.local import LocalExecutor
from tests.bench.measured import Measure, Misbehave, study


def test_the_kinds_of_death() -> None:
    trials = study(["exit0", "exit3", "segfault", "killed"], seeds=1).trials()
    told = {
        o.assignment.arm.name: (o.failure.kind, o.failure.reason)
        for o in LocalExecutor(2).run(trials, Misbehave())
        if o.failure
    }
    assert told == {
        "exit0": ("crashed", "its process ended itself with exit code 0"),
        "exit3": ("crashed", "its process ended itself with exit code 3"),
        "segfault": ("crashed", "its process crashed (SIGSEGV)"),
        "killed": ("killed", "its process was killed, often for lack of memory"),
    }


def test_output_goes_to_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    trials = study(["prints", "raises"], seeds=1).trials()
    executor = LocalExecutor(1, log_folder=tmp_path / "logs")
    first, second = executor.run(trials, Misbehave())
    assert first.record is not None
    assert first.record.final is not None
    assert first.record.final.test_accuracy == 0.5
    log = (tmp_path / "logs" / "worker-0.log").read_text()
    assert '{"test_accuracy": 1.0}' in log
    assert "raw stdout" in log
    assert "raw stderr" in log
    assert "Traceback" in log
    assert second.failure is not None
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_workers_get_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = study(["baseline"], seeds=1).trials()
    (outcome,) = LocalExecutor(1, environment={"BENCH_TEST_GIVEN": "7"}).run(trials, Misbehave())
    assert outcome.record is not None
    assert outcome.record.facts["given"] == "7"
    assert "BENCH_TEST_GIVEN" not in os.environ


def test_fresh_processes() -> None:
    trials = study(["baseline"], seeds=3).trials()
    outcomes = list(LocalExecutor(1, fresh=True).run(trials, Misbehave()))
    assert len({o.record.facts["pid"] for o in outcomes if o.record}) == 3
    assert all(o.failure is None for o in outcomes)


def test_the_wall_clock_ends_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that jumps forward by a day between two looks is no reason to kill a trial."""
    jumps = iter(range(10**6))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400 * next(jumps))
    trials = study(["baseline"], seeds=2).trials()
    outcomes = list(LocalExecutor(1, time_limit=30).run(trials, Measure(0.3)))
    assert [o.failure for o in outcomes] == [None, None]


def test_closing_ends_the_workers() -> None:
    trials = study(["baseline", "hangs"], seeds=1).trials()
    outcomes = LocalExecutor(2).run(trials, Misbehave())
    assert next(outcomes).assignment.arm.name == "baseline"
    workers = psutil.Process().children(recursive=True)
    begin = time.monotonic()
    outcomes.close()
    assert time.monotonic() - begin < 6
    assert not [w for w in workers if w.is_running() and "resource_tracker" not in str(w.cmdline())]


def test_a_worker_killed_between_trials_is_replaced() -> None:
    trials = study(["baseline"], seeds=3).trials()
    executor = LocalExecutor(1)
    outcomes = []
    for outcome in executor.run(trials, Misbehave(seconds=0.2)):
        outcomes.append(outcome)
        if len(outcomes) == 1:
            assert outcome.record is not None
            os.kill(outcome.record.facts["pid"], signal.SIGKILL)
    assert len(outcomes) == 3
    assert [o.failure.kind for o in outcomes if o.failure] in ([], ["killed"])
    assert outcomes[-1].record is not None


def test_no_jobs_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        LocalExecutor(0)


PARENT = """
import sys
from bench.running.executors.local import LocalExecutor
from tests.bench.measured import Misbehave, study
if __name__ == "__main__":
    trials = study(["baseline", "hangs"], seeds=1).trials()
    for outcome in LocalExecutor(2).run(trials, Misbehave(), lambda t: print("begun", flush=True)):
        pass
"""


def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        assert [parent.stdout.readline() for _ in range(2)] == [b"begun\n"] * 2
        workers = psutil.Process(parent.pid).children(recursive=True)
        assert len(workers) >= 2
        parent.kill()
        _, alive = psutil.wait_procs(workers, timeout=5)
        for process in alive:
            process.kill()
        assert alive == []
