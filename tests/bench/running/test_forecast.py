"""The remaining time, against simulated runs whose end is known."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from bench.core.record import Record
from bench.core.study import Arm, Trial
from bench.running.forecast import Forecast
from tests.bench.analysis import studies


class Kind(NamedTuple):
    arm: Arm
    trace: float
    rest: float


def record(kind: Kind, seed: int, is_first: bool) -> Record:
    trace = kind.trace if is_first else 0.01
    return studies.record(kind.arm, seed, trace_seconds=trace, train_seconds=kind.rest)


def estimates(kinds: list[Kind], seeds: int, side_by_side: int) -> list[tuple[float, float, float]]:
    """Run trials seed by seed on simulated workers; return (share done, estimate, truth)."""
    now = 0.0
    trials = [(kind, Trial(arm=kind.arm, seed=seed)) for seed in range(seeds) for kind in kinds]
    forecast = Forecast([trial for _, trial in trials], clock=lambda: now)
    waiting, running, seen, told = list(trials), [], set(), []
    now = 5.0  # workers start
    while waiting or running:
        while waiting and len(running) < side_by_side:
            kind, trial = waiting.pop(0)
            forecast.started(trial)
            is_first = kind.arm.name not in seen
            seen.add(kind.arm.name)
            running.append((now + kind.rest + kind.trace * is_first, kind, trial, is_first))
        running.sort(key=lambda item: item[0])
        now, kind, trial, is_first = running.pop(0)
        forecast.ended(trial, record(kind, trial.seed, is_first))
        told.append((now, forecast.left()))
    end = now
    return [((i + 1) / len(trials), left or 0.0, end - at) for i, (at, left) in enumerate(told)]


@pytest.mark.parametrize("side_by_side", [1, 2])
def test_once_a_tenth_is_done_it_is_right_within_30_percent(side_by_side: int) -> None:
    """The first trials trace, which takes longer than they train."""
    kinds = [Kind(studies.arm(f"a{i}"), trace=20.0, rest=2.0 + (i % 3)) for i in range(7)]
    for share, estimate, truth in estimates(kinds, seeds=5, side_by_side=side_by_side):
        if 0.1 < share < 0.9:
            assert estimate == pytest.approx(truth, rel=0.3)


def test_before_a_trial_has_ended_nothing_is_known() -> None:
    kind = Kind(studies.arm("a"), 1.0, 1.0)
    forecast = Forecast([Trial(arm=kind.arm, seed=0)])
    assert forecast.left() is None
    forecast.started(Trial(arm=kind.arm, seed=0))
    assert forecast.left() is None


def test_a_failed_trial_teaches_nothing_and_is_no_longer_waited_for() -> None:
    now = 1.0
    arm = studies.arm("a")
    trials = [Trial(arm=arm, seed=seed) for seed in (0, 1)]
    forecast = Forecast(trials, clock=lambda: now)
    forecast.started(trials[0])
    now = 2.0
    forecast.ended(trials[0], None)
    assert forecast.left() is None
    forecast.started(trials[1])
    now = 7.0
    forecast.ended(trials[1], studies.record(arm, 1, trace_seconds=1.0))
    assert forecast.left() == 0
