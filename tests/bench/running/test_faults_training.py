"""Real training killed at random moments, then resumed: the figures of an undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from bench.storage.store import Store

KILLS = 3
TIMES = ["train_seconds"]
"""Columns of `trials.csv` that are measured times."""
WORDS = [
    "run", "--profile", "smoke", "--data", "synthetic", "--tasks", "cifar10", "--seeds", "4",
    "--first-seed", "0",
    "--strategies", "batch_norm,mixup", "--no-step-times", "--quiet",
]  # fmt: skip


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.cli.main", *WORDS, "--results", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def finish(folder: Path) -> pd.DataFrame:
    run = start(folder)
    assert run.wait(timeout=900) == 0
    return pd.read_csv(folder / "smoke-synthetic" / "tables" / "trials.csv")


@pytest.mark.slow
def test_kills_lose_nothing_and_change_no_figure(tmp_path: Path) -> None:
    undisturbed = finish(tmp_path / "whole")
    folder = tmp_path / "killed"
    store = Store(folder / "smoke-synthetic")
    chance = random.Random(5)
    seen: set[str] = set()
    for kill in range(KILLS):
        run = start(folder)
        goal = len(seen) + 1 + kill  # let it get a little further each time, so that it ends
        deadline = time.monotonic() + 300
        while run.poll() is None and time.monotonic() < deadline:
            if len(store.names()) >= goal:
                time.sleep(chance.random())
                break
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        written = store.names()
        assert seen <= written
        seen = written
    assert 0 < len(seen) < len(undisturbed)
    pd.testing.assert_frame_equal(
        finish(folder).drop(columns=TIMES), undisturbed.drop(columns=TIMES), check_exact=True
    )
