from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.frames import trials_frame
from bench.analysis.looks import ALPHA, look
from bench.analysis.verdict import LOOKS
from bench.core.errors import UsageError
from bench.stats.paired import t_test
from tests.bench.analysis import studies

ARMS = [studies.arm(name) for name in ("baseline", "clear", "unclear")]
FAMILY = (("images", "clear"), ("images", "unclear"))
STUDY = studies.study(ARMS, 24, family=FAMILY).model_copy(update={"sequential": True})
BASE = 0.6 + np.sin(np.arange(24)) / 200
VALUES = {
    "baseline": BASE,
    "clear": BASE + 0.05 + np.cos(np.arange(24)) / 300,
    "unclear": BASE + 0.03 * np.cos(2.5 * np.arange(24)),
}


def at(baseline: int, clear: int, unclear: int) -> tuple[tuple[str, ...], int | None]:
    counts = {"baseline": baseline, "clear": clear, "unclear": unclear}
    made = studies.records(STUDY, {k: VALUES[k][:n].tolist() for k, n in counts.items()})
    found = look(STUDY, trials_frame(STUDY, made))
    return tuple(arm for _, arm in found.undecided), found.seeds


def test_looks_ask_for_more_seeds_of_undecided_arms_only() -> None:
    assert at(0, 0, 0) == (("clear", "unclear"), 6)
    assert at(6, 6, 5) == (("clear", "unclear"), 6)
    assert at(6, 6, 6) == (("unclear",), 10)
    assert at(10, 6, 10) == (("unclear",), 16)
    assert at(24, 6, 24) == (("unclear",), None)


def test_seeds_between_two_looks_are_not_looked_at() -> None:
    assert at(8, 8, 8) == at(6, 6, 6)


def test_a_failed_trial_is_not_waited_for() -> None:
    made = studies.records(STUDY, {k: v[:6].tolist() for k, v in VALUES.items()})
    last = made.pop()
    found = look(STUDY, trials_frame(STUDY, made, [(last.task, last.arm, last.seed)]))
    assert found.seeds == 10


def test_no_verdict_to_wait_for_is_a_usage_error() -> None:
    empty = trials_frame(STUDY, [])
    with pytest.raises(UsageError, match="synthetic"):
        look(STUDY.model_copy(update={"synthetic": True}), empty)
    with pytest.raises(UsageError, match="family"):
        look(STUDY.model_copy(update={"family": ()}), empty)


def test_looking_four_times_costs_no_false_positives() -> None:
    d = np.random.default_rng(9).normal(0, 1, (8000, LOOKS[-1]))
    p = np.stack([t_test(d[:, :n], np.zeros((8000, n))) for n in LOOKS])
    assert np.mean((p < ALPHA).any(axis=0)) <= 0.05
    assert np.mean((p < 0.05).any(axis=0)) > 0.09
