from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.frames import trials_frame
from bench.analysis.looks import look
from bench.core.errors import UsageError
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
    assert at(5, 5, 5) == (("clear", "unclear"), 6)
    assert at(6, 6, 5) == (("unclear",), 6)
    assert at(6, 6, 6) == (("unclear",), 8)
    assert at(7, 6, 7) == (("unclear",), 8)
    assert at(12, 6, 12) == (("unclear",), 16)
    assert at(24, 6, 24) == (("unclear",), None)


def test_a_failed_trial_is_not_waited_for() -> None:
    made = studies.records(STUDY, {k: v[:6].tolist() for k, v in VALUES.items()})
    last = made.pop()
    found = look(STUDY, trials_frame(STUDY, made, [(last.task, last.arm, last.seed)]))
    assert found.seeds == 8


def test_seeds_may_begin_anywhere() -> None:
    later = STUDY.model_copy(update={"first_seed": 500})
    made = [
        record.model_copy(update={"seed": record.seed + 500})
        for record in studies.records(STUDY, {k: v[:6].tolist() for k, v in VALUES.items()})
    ]
    assert look(later, trials_frame(later, made)).seeds == 8


def test_a_baseline_that_diverges_is_not_waited_for() -> None:
    made = studies.records(STUDY, {k: v[:6].tolist() for k, v in VALUES.items()})
    made[0] = studies.diverged(ARMS[0], 0)
    made += [
        studies.record(arm, 6, VALUES[arm.name][6]) for arm in ARMS
    ]  # fmt: skip
    assert look(STUDY, trials_frame(STUDY, made)).undecided == ()


def test_no_verdict_to_wait_for_is_a_usage_error() -> None:
    empty = trials_frame(STUDY, [])
    with pytest.raises(UsageError, match="synthetic"):
        look(STUDY.model_copy(update={"synthetic": True}), empty)
    with pytest.raises(UsageError, match="family"):
        look(STUDY.model_copy(update={"family": ()}), empty)
