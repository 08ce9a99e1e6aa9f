"""`bench compare`, `baseline`, `accept` and `history` on studies made up, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bench.cli.main import app
from bench.core.errors import UsageError
from bench.storage.history import HISTORY, append
from bench.storage.store import Store
from tests.bench.analysis import studies
from tests.bench.compare.lines import lines

ARMS = [studies.arm(name) for name in ("baseline", "mixup", "cutmix")]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Write the studies `old` and `same`, and `slow`, whose mixup takes 10% longer a step."""
    for number, (name, ratio) in enumerate((("old", 1.2), ("same", 1.2), ("slow", 1.32))):
        random = np.random.default_rng(number)
        asked = studies.study(ARMS, 6, name=name, created=f"2026-01-0{number + 1}T00:00:00")
        store = Store(tmp_path / name)
        store.write_study(asked)
        accuracy = np.random.default_rng(9).normal(0.6, 0.01, (3, 6))
        for one, values in zip(ARMS, accuracy, strict=True):
            for seed, value in enumerate(values):
                store.write(studies.record(one, seed, round(value, 3), study=name))
        for process in range(6):
            for arm, level in (("mixup", ratio), ("cutmix", 1.1)):
                noisy = level * np.exp(random.normal(0, 0.003))
                store.write(studies.step_time(arm, process, noisy, study=name))
    return tmp_path


def call(results: Path, *typed: str) -> Result:
    return CliRunner().invoke(app, [*typed, "--results", str(results)])


def test_a_slower_strategy_is_named_with_exit_code_3(results: Path) -> None:
    done = call(results, "compare", "old", "slow")
    assert done.exit_code == 3, done.output
    assert done.output.splitlines()[-1].endswith("regressed: images mixup: step time")
    same = call(results, "compare", "old", "same")
    assert same.exit_code == 0
    assert same.output.splitlines()[-1].startswith("no regression")


def test_only_what_is_named_fails_and_from_its_amount_on(results: Path) -> None:
    typed = ("compare", "old", "slow", "--fail-if")
    assert call(results, *typed, "accuracy").exit_code == 0
    assert call(results, *typed, "step_time:5%").exit_code == 3
    assert call(results, *typed, "step_time:20%").exit_code == 0
    assert isinstance(call(results, *typed, "steptime:20%").exception, UsageError)


def test_formats_and_files(results: Path) -> None:
    path = results / "junit.xml"
    done = call(results, "compare", "old", "slow", "--format", "json", "--export", f"junit={path}")
    assert json.loads(done.output)["exit_code"] == 3
    assert path.read_text().startswith("<?xml")
    wrong = call(results, "compare", "old", "slow", "--format", "xml")
    assert isinstance(wrong.exception, UsageError)


def test_a_baseline_outlives_its_trials_and_a_shift_alerts_once(results: Path) -> None:
    assert isinstance(call(results, "compare", "baseline", "slow").exception, UsageError)
    assert call(results, "baseline", "set", "old").exit_code == 0
    (results / "old" / "study.json").rename(results / "old" / "gone.json")
    assert "old, set 20" in call(results, "baseline", "show").output
    assert call(results, "compare", "baseline", "slow").exit_code == 3
    accepted = call(results, "accept", "slow", "--reason", "mixup has to draw twice now")
    assert "accepted: images mixup: step_time +10." in accepted.output
    again = call(results, "compare", "baseline", "slow")
    assert again.exit_code == 0
    assert "this shift was accepted" in again.output
    assert "nothing to accept" in call(results, "accept", "slow", "--reason", "again").output


def test_what_fails_under_stricter_minimums_can_be_accepted_under_them(results: Path) -> None:
    call(results, "baseline", "set", "old")
    loose = call(results, "accept", "slow", "--reason", "known", "--fail-if", "step_time:20%")
    assert "nothing to accept" in loose.output
    other = call(results, "accept", "slow", "--reason", "known", "--fail-if", "accuracy")
    assert "nothing to accept" in other.output, "only the metrics that are named"
    done = call(results, "accept", "slow", "--reason", "known", "--fail-if", "step_time:5%")
    assert "accepted: images mixup: step_time" in done.output
    assert call(results, "compare", "baseline", "slow", "--fail-if", "step_time:5%").exit_code == 0


def test_a_loss_beyond_the_margin_can_be_accepted(results: Path) -> None:
    """A loss of 0.8 points: less than the default margin, more than half a point."""
    random = np.random.default_rng(0)
    typed: dict = {"seeds": 20, "accuracy_sd": 0.1, "hour": None, "arms": ("baseline", "mixup")}
    before = lines("before", random, **typed)
    after = lines("after", random, accuracy_shift={"mixup": -0.8}, **typed)
    append(results / HISTORY, [*before, *after])
    compare = ("compare", "before", "after", "--margin", "0.5")
    accept = ("accept", "after", "--base", "before", "--reason", "known")
    assert call(results, *compare).exit_code == 3
    assert "nothing to accept" in call(results, *accept).output
    done = call(results, *accept, "--margin", "0.5")
    assert "accepted: images mixup: accuracy -0." in done.output
    assert call(results, *compare).exit_code == 0


def test_a_reason_is_asked_for(results: Path) -> None:
    call(results, "baseline", "set", "old")
    assert isinstance(call(results, "accept", "slow", "--reason", " ").exception, UsageError)


def test_an_unknown_study_is_wrong_usage(results: Path) -> None:
    done = call(results, "compare", "old", "sloww")
    assert isinstance(done.exception, UsageError)
    assert "did you mean 'slow'" in str(done.exception)


def test_nothing_comparable_is_exit_code_4(results: Path) -> None:
    other = lines("other", np.random.default_rng(0))
    append(results / HISTORY, [line.model_copy(update={"task": "texts"}) for line in other])
    done = call(results, "compare", "old", "other")
    assert done.exit_code == 4
    assert done.output.splitlines()[-1] == "nothing comparable"


def test_a_history_lists_plots_and_tells_of_damage(results: Path) -> None:
    assert "is empty" in call(results, "history").output
    done = call(results, "history", "--add", "old", "--add", "same", "--add", "slow")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (results / "history").glob("*.svg")) == [
        f"trend-{metric}-images-tfds-cifar10-3.0.2.svg"
        for metric in ("accuracy", "baseline_step", "memory", "step_time")
    ]
    path = results / HISTORY
    before = path.read_bytes().replace(b'"study":"same"', b'"study":"sane"', 1)
    path.write_bytes(before)
    damaged = CliRunner().invoke(app, ["history", "--results", str(results)])
    assert "line 4 is not read" in damaged.output + damaged.stderr
    assert path.read_bytes() == before


def test_no_tensorflow_and_one_line_for_a_mistake(results: Path) -> None:
    code = (
        "import sys; sys.argv = ['bench', 'compare', 'old', 'nothing', '--results', sys.argv[1]];"
        "from bench.cli.main import main\n"
        "try: main()\n"
        "finally: print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(results)],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == "False\n"
    assert done.stderr.count("\n") == 1
