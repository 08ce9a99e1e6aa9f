"""The cost of a trial of an advice, from the records and the time of its rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from bench.advising.advice import RoundState
from bench.advising.lab import costs, startup
from bench.advising.rounds import Round, Stack, name_of
from bench.storage.store import Store
from tests.bench.analysis import studies

TECHNIQUES: tuple[Stack, ...] = tuple((name,) for name in "abcdefg")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Trials of the baseline at the seeds of a probe: 60 s each."""
    made = Store(tmp_path / "choosing")
    made.write_study(studies.study([studies.arm("baseline")], seeds=10, name="choosing"))
    for seed in (0, 1):
        train(made, (), seed, 60.0)
    return made


def train(store: Store, stack: Stack, seed: int, seconds: float) -> None:
    times = {"train_seconds": seconds, "trace_seconds": 0.0, "evaluation_seconds": 0.0}
    store.write(studies.record(studies.arm(name_of(stack)), seed, study="choosing", **times))


def ended(
    stage: Literal["probe", "screen"], stacks: tuple[Stack, ...], seeds: range, seconds: float, jobs: int
) -> RoundState:  # fmt: skip
    planned = Round(stage=stage, stacks=stacks, seeds=tuple(seeds))
    return RoundState(round=planned, seconds=seconds, jobs=jobs, ended=True)


PROBE = ended("probe", ((),), range(2), 70.0, jobs=2)


def test_the_pace_is_that_of_the_trials_that_ran_side_by_side_in_the_last_round(
    store: Store,
) -> None:
    """The probe ran on two cores. The advice went on with eight: 64 trials of 60 s in 490 s."""
    stacks = ((), *TECHNIQUES)
    for stack in stacks:
        for seed in range(2, 10):
            train(store, stack, seed, 60.0)
    screening = ended("screen", stacks, range(2, 10), 490.0, jobs=8)
    assert costs(store, [PROBE, screening])[()] == pytest.approx(7.5)


def test_a_round_whose_workers_waited_for_it_took_no_time_to_start_them(store: Store) -> None:
    """Seven trials of 60 s on two cores, one of them idle at the end: 240 s, 10 more with a start."""
    stacks = ((), *TECHNIQUES[:6])
    for stack in stacks:
        train(store, stack, 2, 60.0)
    warm = ended("screen", stacks, range(2, 3), 240.0, jobs=2).model_copy(update={"starts": 0})
    cold = warm.model_copy(update={"starts": 1, "seconds": 250.0})
    twice = warm.model_copy(update={"starts": 2, "seconds": 260.0})
    for screening in (warm, cold, twice):
        assert costs(store, [PROBE, screening])[()] == pytest.approx(240 / 7)


def test_a_round_without_a_record_says_nothing_about_the_pace(store: Store) -> None:
    """Its first trial failed, and then it was killed."""
    begun = ended("screen", ((), ("a",)), range(2, 3), 2.0, jobs=2)
    assert costs(store, [PROBE, begun]) == costs(store, [PROBE])


def test_the_start_up_is_that_of_the_probe_whatever_else_trained_at_its_seeds(
    store: Store,
) -> None:
    assert startup(store, [PROBE]) == pytest.approx(10.0)
    train(store, ("a",), 0, 120.0)
    assert startup(store, [PROBE]) == pytest.approx(10.0)
