"""The baseline and accepted shifts: small files that people read and commit."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from bench.compare import levels
from bench.compare.regressions import compare
from bench.core.errors import UsageError
from bench.storage.history import HISTORY, read
from tests.bench.compare.lines import lines

NOW = "2026-01-02T03:04:05+00:00"
NASTY = 'it\'s "right"\n\\ [[accepted]] \x7f \u00e9'


def test_the_baseline_is_in_the_history_too(tmp_path: Path) -> None:
    study = lines("a", np.random.default_rng(0))
    levels.set_baseline(tmp_path, study, NOW)
    assert levels.baseline(tmp_path) == levels.Baseline(study="a", set_at=NOW)
    assert read(tmp_path / HISTORY).lines == study


def test_no_baseline_says_how_to_set_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bench baseline set"):
        levels.baseline(tmp_path)


def test_what_is_accepted_alerts_no_more(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    before = lines("a", random, processes=8)
    shifted = {"slower": {"arm4": 0.1}, "accuracy_shift": {"arm2": -5.0}}
    after = lines("b", random, processes=8, **shifted)  # type: ignore[arg-type]
    found = compare(before, after).regressions
    levels.accept(tmp_path, "a", "b", NASTY, found, NOW)
    entry = levels.acceptances(tmp_path)[0]
    assert (entry.baseline, entry.study, entry.reason) == ("a", "b", NASTY)
    accepted = levels.accepted_harm(tmp_path, "a")
    assert accepted["images", "arm4", "step_time"] == pytest.approx(math.log(1.1), abs=0.015)
    assert accepted["images", "arm2", "accuracy"] == pytest.approx(5, abs=1)
    again = lines("c", random, processes=8, **shifted)  # type: ignore[arg-type]
    assert compare(before, again).exit_code() == 3
    assert compare(before, again, accepted=accepted).exit_code() == 0
    assert levels.accepted_harm(tmp_path, "another baseline") == {}


def test_the_last_acceptance_counts_and_the_first_stays(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    before = lines("a", random, processes=8)
    for name, slower in (("b", 0.1), ("c", 0.2)):
        after = lines(name, random, processes=8, slower={"arm4": slower})
        levels.accept(tmp_path, "a", name, "meant", compare(before, after).regressions, NOW)
    assert [entry.study for entry in levels.acceptances(tmp_path)] == ["b", "c"]
    harm = levels.accepted_harm(tmp_path, "a")["images", "arm4", "step_time"]
    assert harm == pytest.approx(math.log(1.2), abs=0.015)


@pytest.mark.parametrize(
    "text",
    [
        "[[accepted]\n",
        '[[accepted]]\nstudy = "b"\n',
        'accepted = "x"\n',
        '[[accepted]]\nbaseline="a"\nstudy="b"\nreason="r"\naccepted_at="t"\n'
        '[[accepted.shift]]\ntask="t"\narm="x"\nmetric="speed"\nchange=1\n',
    ],
)
def test_a_damaged_file_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / levels.ACCEPTED).write_text(text)
    with pytest.raises(UsageError, match="is damaged"):
        levels.accepted_harm(tmp_path, "a")
