"""The README's examples run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def block(word: str) -> str:
    (found,) = [text for text in BLOCKS if word in text]
    return found


def bench(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.cli.main", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.slow
def test_a_strategy_and_a_task_of_ones_own_train_together(tmp_path: Path) -> None:
    (tmp_path / "noise.py").write_text(block("class PixelNoise"))
    (tmp_path / "stripes.py").write_text(block("class Stripes"))
    run = bench(
        "run", "--plugin", "noise.py", "--plugin", "stripes.py", "--tasks", "stripes",
        "--strategies", "pixel_noise,mixup,label_smoothing,batch_norm", "--seeds", "2",
        "--no-step-times",
        folder=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    tables = tmp_path / "results" / "quick-synthetic" / "tables"
    trials = (tables / "trials.csv").read_text()
    assert trials.count("pixel_noise") == 2
    assert "batch_norm" not in trials
    assert "no normalization slot" in (tables.parent / "study.json").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("word", ["model.fit", "train_on_batch"])
def test_a_strategy_in_ones_own_training(word: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", block(word)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr


def test_every_command_of_the_readme_exists() -> None:
    from typer.main import get_command

    from bench.cli.main import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"(?<!from )\bbench ([a-z]+)", README))
    assert named - {"on"} <= known
