"""A study that is killed at any moment loses nothing that it reported as written."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.core.study import Trial
from bench.running.collect import TrainingWatch, collect
from bench.running.executors.local import LocalExecutor
from bench.storage.store import Store
from tests.bench import driver
from tests.bench.measured import Measure, record, study

ROOT = Path(__file__).parents[3]
ASKED = study(["baseline", "mixup", "cutmix"], seeds=8)


def launch(folder: Path, seconds: float) -> subprocess.Popen[str]:
    """Start the driver in a process group of its own (like a shell's foreground job)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(driver.__file__)), str(folder), str(seconds)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "stderr.log").open("a") as errors:
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
            start_new_session=True,
        )


def finish(folder: Path) -> list[str]:
    """Run the study to its end, and return the trials that it wrote."""
    process = launch(folder, 0.0)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return written(out)


def written(out: str) -> list[str]:
    """Return the trials that the driver reported as written; an incomplete line does not count."""
    return [line for line in out.split("\n")[:-1] if line.startswith("cifar10--")]


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "logs" and not path.name.startswith(".lock")
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed") / "tiny"
    assert sorted(finish(folder)) == sorted(trial.name for trial in ASKED.trials())
    return content(folder)


def kill_and_resume(folder: Path, kills: int, seed: int, undisturbed: dict[str, bytes]) -> None:
    """Kill the study `kills` times at random moments; start a new one whenever it is complete."""
    moments = random.Random(seed)
    done, rounds = 0, 0
    while done < kills:
        rounds += 1
        study_folder = folder / f"round{rounds}"
        reported: list[str] = []
        while done < kills:
            process = launch(study_folder, moments.choice([0.0, 0.1]))
            time.sleep(moments.uniform(0.3, 1.3))
            process.kill()
            out, _ = process.communicate(timeout=20)
            done += 1
            lines = written(out)
            assert not set(lines) & set(reported), "none is measured twice"
            reported += lines
            whole = {r.trial: r for r in Store(study_folder).records().records}
            assert set(reported) <= set(whole), "none is lost"
            assert all(whole[t.name] == record(t) for t in ASKED.trials() if t.name in whole)
            if len(whole) == len(ASKED.trials()):
                break
        before = set(reported)
        assert not before & set(finish(study_folder))
        assert content(study_folder) == undisturbed


def test_five_kills_lose_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    kill_and_resume(tmp_path, 5, 7, undisturbed)


@pytest.mark.slow
def test_many_kills_lose_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    kill_and_resume(tmp_path, 25, 11, undisturbed)


def test_a_killed_study_leaves_no_process(tmp_path: Path) -> None:
    process = launch(tmp_path / "tiny", 60.0)
    workers = wait_until_both_run(process)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=5)
    for worker in alive:
        worker.kill()
    assert alive == []


def wait_until_both_run(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Wait until each worker runs a trial; return the driver's processes."""
    assert process.stdout is not None
    begun = [process.stdout.readline() for _ in range(2)]
    assert all(line.startswith("begun ") for line in begun)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    return workers


def test_ctrl_c_once_finishes_what_runs(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    folder = tmp_path / "tiny"
    process = launch(folder, 0.3)
    wait_until_both_run(process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers too
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in out
    ended = written(out)
    assert 2 <= len(ended) <= 4, "those that ran, and no more"
    loaded = Store(folder).records()
    assert sorted(r.trial for r in loaded.records) == sorted(ended)
    assert Store(folder).failures() == {}
    finish(folder)
    assert content(folder) == undisturbed


def test_ctrl_c_twice_is_now(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    folder = tmp_path / "tiny"
    process = launch(folder, 60.0)
    workers = wait_until_both_run(process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == "interrupted\n"
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=20)
    assert process.returncode == 130
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert alive == []
    finish(folder)
    assert content(folder) == undisturbed


class Clock(TrainingWatch):
    """Start times of trials, in seconds."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def started(self, _: Trial) -> None:
        self.starts.append(time.perf_counter())


@pytest.mark.slow
def test_isolation_costs_little(tmp_path: Path) -> None:
    """Forty trials of 0.25 s on two workers: the time beyond 5 s is the executor's and the store's.

    A trial of a quick study lasts some seconds, and all trials share the start of two workers.
    """
    trials = study(["baseline", "mixup"], seeds=20).trials()
    store = Store(tmp_path / "tiny")
    clock = Clock()
    begin = time.perf_counter()
    collect(store, LocalExecutor(2), trials, Measure(0.25), clock)
    total = time.perf_counter() - begin
    between = (clock.starts[-1] - clock.starts[1]) / (len(trials) - 2) * 2 - 0.25
    print(f"isolation: {1000 * between:.1f} ms a trial, {total - 5.0:.2f} s a study of 40")
    assert between < 0.05
