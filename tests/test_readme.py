"""The README's examples run as they stand."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.data.own.address import is_address
from tests.bench.data.own.made import write_picture

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("results/*.md"),
]
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_of_a_page_exists(page: Path) -> None:
    from typer.main import get_command

    from bench.cli.main import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    typed = re.findall(
        r"(?:^|`|&& )bench ([a-z-]+)((?:[^`\n]|\\\n)*)", page.read_text("utf-8"), re.MULTILINE
    )
    for name, words in typed:
        assert name in commands
        options = {
            text
            for option in commands[name].params
            for text in (*option.opts, *option.secondary_opts)
        }
        assert set(re.findall(r"--[a-z-]+", words.partition("#")[0].partition("&&")[0])) <= options


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


def test_the_catalogue_says_of_each_technique_what_its_facts_say() -> None:
    from bench.plugins.registry import find

    letters = {"image": "I", "text": "T"}
    catalogue = (ROOT / "docs" / "strategies.md").read_text("utf-8").partition("## The contract")[0]
    rows = re.findall(
        r"^\| `(\w+)`(?:\\\*)? \| (.*?) \| ([IT ]+) \| (\w+) \|", catalogue, re.MULTILINE
    )
    assert len(rows) > 30
    strategies = find().strategies
    for name, summary, kinds, cost in rows:
        facts = strategies[name].facts
        assert (summary, cost) == (facts.summary, facts.cost)
        assert kinds.split() == [letters[modality] for modality in facts.modalities]


def typed_commands(page: Path) -> list[str]:
    """List the commands `bench run` and `bench advise` of a page's blocks and tables, in order."""
    text = page.read_text("utf-8")
    found = []
    for block_or_row in re.finditer(r"```sh\n.*?```|^\|[^\n]*", text, re.DOTALL | re.MULTILINE):
        part = block_or_row[0]
        end = r"[^`\n]*" if part.startswith("|") else r"[^#&\n]*"
        found += re.findall(rf"bench ((?:run|advise) -{end})", part)
    return [re.sub(r"\bPATH\b", "others", command.replace("N ", "1000 ")) for command in found]


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with the files that the commands of the pages name."""
    for index in range(120):
        pixels = np.random.default_rng(index).integers(0, 255, (16, 20, 3), np.uint8)
        for folder in ("pictures", "others"):
            write_picture(tmp_path / folder / "ab"[index % 2] / f"{index}.png", pixels)
    rows = [f"word{n} word{n % 7},{'good' if n % 2 else 'bad'}" for n in range(160)]
    (tmp_path / "reviews.csv").write_text("\n".join(["text,label", *rows]))
    (tmp_path / "my_noise.py").write_text(block("class PixelNoise"))
    (tmp_path / "stripes.py").write_text(block("class Stripes"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", ["README.md", "docs/own-data.md", "docs/regressions.md"])
def test_every_command_of_a_page_in_order_has_a_study_of_its_own(page: str, newcomer: Path) -> None:
    """Each is declared after the others, and after a plain `bench run`, on stand-in data."""
    from bench.cli.main import app

    names: set[str] = set()
    for command in ["run", *typed_commands(ROOT / page)]:
        words = shlex.split(re.sub(r" --model \S+", "", command))
        options = dict(pairwise(words))
        if words[0] == "advise":
            task, profile = options.get("--tasks", "imdb"), options.get("--profile", "standard")
            name = options.get("--name", f"advise-{profile}-{task}")
        else:
            own = is_address(options.get("--tasks", ""))
            words += [] if own else ["--data", "synthetic"]
            tunes = "--tune" in words or options.get("--profile") == "strong"
            words.append("--dry-run" if tunes else "--declare")
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, (command, done.exception, done.output)
            *_, place = re.findall(r"^study (?:\S+) in (\S+)|(\S+)/study.json", done.stdout, re.M)
            name = "".join(place)
        assert name not in names, f"{command}: {name} is the study of a command before it"
        names.add(name)
    assert len(names) > 1
