"""The history is appended to, never rewritten; a damaged line is told with its number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.storage.history import append, read, study_lines
from tests.bench.compare.lines import lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results" / "history.jsonl"


def made(name: str, **changes: object) -> list:
    return lines(name, np.random.default_rng(0), ("baseline", "mixup"), **changes)  # type: ignore[arg-type]


def test_lines_come_back_as_they_went_and_only_once(path: Path) -> None:
    assert append(path, made("a")) == 2
    assert append(path, made("a")) == 0
    assert append(path, made("b")) == 2
    found = read(path)
    assert found.lines == [*made("a"), *made("b")]
    assert not found.broken


def test_a_study_that_grew_is_said_again_and_the_last_word_counts(path: Path) -> None:
    append(path, made("a", seeds=3))
    assert append(path, made("a", seeds=10)) == 2
    assert len(read(path).lines) == 4
    assert [len(line.seeds) for line in study_lines(read(path).lines, "a")] == [10, 10]


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line.replace(b'"baseline"', b'"baseLine"', 1),
        lambda line: line[: len(line) // 2],
        lambda line: b"<<<<<<< HEAD",
        lambda line: b"\xff\xfe\x00",
        lambda line: b"",
        lambda line: line.replace(b'"kind":"history"', b'"kind":"trials"'),
    ],
)
def test_a_damaged_line_is_told_by_its_number_and_nothing_is_rewritten(
    damage: object, path: Path
) -> None:
    append(path, made("a"))
    append(path, made("b"))
    good = path.read_bytes().split(b"\n")
    good[2] = damage(good[2])  # type: ignore[operator]
    path.write_bytes(b"\n".join(good))
    found = read(path)
    assert [line.number for line in found.broken] == [3]
    assert found.broken[0].reason
    assert [(line.study, line.arm) for line in found.lines] == [
        ("a", "baseline"), ("a", "mixup"), ("b", "mixup"),
    ]  # fmt: skip
    before = path.read_bytes()
    append(path, made("c"))
    assert path.read_bytes().startswith(before)
    assert len(read(path).lines) == 5


def test_a_last_line_that_was_cut_short_swallows_no_new_one(path: Path) -> None:
    append(path, made("a"))
    path.write_bytes(path.read_bytes()[:-30])
    append(path, made("b"))
    found = read(path)
    assert [line.number for line in found.broken] == [2]
    assert [line.study for line in found.lines] == ["a", "b", "b"]


def test_no_file_is_an_empty_history(path: Path) -> None:
    assert read(path) == ([], [])


def test_ten_seeds_and_six_processes_of_an_arm_stay_small(path: Path) -> None:
    append(path, made("a"))
    assert path.stat().st_size < 2 * 3000
