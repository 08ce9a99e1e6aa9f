"""The examples of docs/own-data.md run as they stand, on data made here."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.bench.data.own.made import write_picture

PAGE = (Path(__file__).parent.parent / "docs" / "own-data.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
]
SMALL = ("--profile", "smoke", "--seeds", "2", "--no-step-times")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write pictures of two classes, reviews and the model of the page."""
    folder = tmp_path_factory.mktemp("page")
    rng = np.random.default_rng(0)
    for index in range(120):
        name, angle = (("cat", 0), ("dog", 1))[index % 2]
        stripes = np.zeros((20, 16, 3)) + 60 * (np.indices((20, 16))[angle] % 4 > 1)[..., None]
        pixels = np.clip(stripes + rng.normal(90, 30, stripes.shape), 0, 255).astype(np.uint8)
        write_picture(folder / "pictures" / name / f"{index}.png", pixels)
    (folder / "pictures" / "dog" / "broken.jpg").write_bytes(b"no picture")
    good, bad = ["fine", "great", "nice"], ["poor", "awful", "dull"]
    reviews = ["text,label"] + [
        f'"{rng.choice((bad, good)[i % 2])}, it was {rng.integers(40)}",{("bad", "good")[i % 2]}'
        for i in range(160)
    ]
    (folder / "reviews.csv").write_text("\n".join(reviews))
    (model,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    (folder / "model.py").write_text(model)
    return folder


def test_the_page_has_an_example_of_each_kind() -> None:
    text = "\n".join(COMMANDS)
    for word in ("folder:pictures", "csv:reviews.csv", "--model model.py:small", "bench data"):
        assert word in text


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_a_command_of_the_page(number: int, folder: Path) -> None:
    program, command, *words = shlex.split(COMMANDS[number])
    assert program == "bench"
    if command == "run":
        words += SMALL
        if "--name" not in words:
            words += ["--name", f"study{number}"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.cli.main", command, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    card = done.stdout if command == "data" else done.stderr
    if "folder:" in COMMANDS[number]:
        assert "unreadable    dog/broken.jpg: cannot identify image file" in card
        assert "96 for training, 24 for the test (held out: 0.2 of each class, seed 0)" in card
    if "--model" in words:
        tables = folder / "results" / words[words.index("--name") + 1] / "tables"
        for path in tables.glob("*.md"):
            assert "already in your model: Dropout 0.2" in path.read_text("utf-8"), path.name
