"""Turns, names of requirements, called programs; a real comparison is `make compare-env`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bench.cli import compare_env
from bench.core.errors import BenchError

FAKE = """#!/bin/sh
echo "$(basename $(dirname $(dirname $0))) $(basename $0) $@" >> {log}
exit {code}
"""


def test_sides_take_turns_so_that_a_drift_hits_both() -> None:
    assert list(compare_env.turns(3)) == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tensorflow==2.20.*", "tensorflow"),
        ("tensorflow[and-cuda]>=2.20", "tensorflow"),
        ("ml_dtypes~=0.5", "ml-dtypes"),
        ("Keras", "keras"),
    ],
)
def test_names_of_requirements(text: str, name: str) -> None:
    assert compare_env.requirement_name(text) == name


def test_a_study_is_named_by_its_versions() -> None:
    assert compare_env.study_name(["tensorflow==2.20.*"], Path("x")) == "env-tensorflow-2.20"
    assert compare_env.study_name(["a==1", "b[c]>=2"], Path("x")) == "env-a-1-b-c-2"
    assert compare_env.study_name([], Path("/somewhere/head")) == "env-head"


def programs(folder: Path, log: Path, code: int = 0) -> None:
    """Make an environment whose programs only write down their arguments."""
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "bench"):
        path = folder / "bin" / name
        path.write_text(FAKE.format(log=log, code=code))
        path.chmod(0o755)


def test_a_requirement_of_a_side_overrules_the_pinned_version(tmp_path: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "old"
    programs(folder, log)
    source = tmp_path / "source"
    source.mkdir()
    (source / "constraints.txt").write_text("numpy==2.4.6\nTensorFlow==2.21.0\nkeras==3.15.1\n")
    side = compare_env.Side("old", ("tensorflow==2.20.*",), source, folder)
    compare_env.install(side)
    assert (folder / "constraints.txt").read_text() == "numpy==2.4.6\nkeras==3.15.1\n"
    called = log.read_text()
    assert re.search(rf"--editable {source} tensorflow==2\.20\.\*$", called, re.MULTILINE)


def test_both_train_and_then_are_timed_in_turn(tmp_path: Path) -> None:
    log = tmp_path / "log"
    sides = []
    for name in ("old", "new"):
        programs(tmp_path / name, log)
        options = ("--plugin", f"{name}.py", "--seeds", "3")
        sides.append(compare_env.Side(f"s-{name}", (), tmp_path, tmp_path / name, options))
    compare_env.measure(sides, tmp_path / "results", 2)
    head = f"--results {tmp_path}/results"
    called = [line for line in log.read_text().splitlines() if not line.endswith("run --help")]
    assert called == [
        f"old bench run --name s-old {head} --no-step-times --quiet --plugin old.py --seeds 3",
        f"new bench run --name s-new {head} --no-step-times --quiet --plugin new.py --seeds 3",
        f"old bench time s-old {head} --processes 1 --quiet --plugin old.py",
        f"new bench time s-new {head} --processes 1 --quiet --plugin new.py",
        f"new bench time s-new {head} --processes 2 --quiet --plugin new.py",
        f"old bench time s-old {head} --processes 2 --quiet --plugin old.py",
    ]


def test_both_have_the_same_seeds_where_the_suite_has_the_option(tmp_path: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "new"
    programs(folder, log)
    (folder / "bin" / "bench").write_text("#!/bin/sh\necho '  --first-seed  --exploratory'\n")
    side = compare_env.Side("new", (), tmp_path, folder)
    assert compare_env._same_seeds(side) == ["--exploratory", "--first-seed", "0"]
    typed = side._replace(options=("--first-seed", "9"))
    assert compare_env._same_seeds(typed) == ["--exploratory"]


def test_a_run_that_fails_ends_it(tmp_path: Path) -> None:
    programs(tmp_path / "old", tmp_path / "log", code=7)
    side = compare_env.Side("old", (), tmp_path, tmp_path / "old")
    with pytest.raises(BenchError, match="exit code 7"):
        compare_env.measure([side, side], tmp_path, 1)


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["--old", "tensorflow==2.20.*", "--new", "tensorflow==2.20.*"],
        ["--old", "a==1", "--new", "a==2", "--old-name", "x", "--new-name", "x"],
        ["--old", "a==1", "--new", "a==2", "--processes", "0"],
    ],
)
def test_wrong_usage_is_one_line_and_installs_nothing(
    typed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environments = tmp_path / "environments"
    assert compare_env.main([*typed, "--environments", str(environments)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not os.path.exists(environments)
