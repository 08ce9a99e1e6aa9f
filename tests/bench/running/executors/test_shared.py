"""Every executor, and the isolation of those that have it."""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bench.core.record import Record, StepTime
from bench.core.study import Timing, Trial
from bench.running.executors.executor import Executor, Outcome
from bench.running.executors.local import LocalExecutor
from tests.bench.measured import (
    Measure,
    MeasureSteps,
    Misbehave,
    UnimportableWork,
    plenty,
    record,
    study,
    take_until,
)
from tests.bench.running.executors.serial import SerialExecutor

Make = Callable[..., Executor]


def ray_executor(jobs: int, time_limit: float | None = None) -> Executor:
    from bench.running.executors.ray import RayExecutor

    return RayExecutor(jobs=jobs, time_limit=time_limit)


def serial_executor(jobs: int, time_limit: float | None = None) -> Executor:
    return SerialExecutor()


ISOLATING = [LocalExecutor, pytest.param(ray_executor, marks=pytest.mark.slow, id="Ray")]
ALL = [serial_executor, *ISOLATING]


@pytest.fixture
def fast(tmp_path: Path) -> list[Trial]:
    return study(["baseline", "mixup"], seeds=3).trials()


def by_arm(outcomes: list[Outcome[Trial, Record]]) -> dict[str, Outcome[Trial, Record]]:
    return {outcome.assignment.arm.name: outcome for outcome in outcomes}


@pytest.mark.parametrize("make", ALL)
def test_every_trial_once_with_its_own_record(make: Make, fast: list[Trial]) -> None:
    started: list[str] = []
    outcomes = list(
        make(jobs=2).run(fast, Measure(), on_start=lambda trial: started.append(trial.name))
    )
    assert sorted(started) == sorted(trial.name for trial in fast)
    assert sorted(o.assignment.name for o in outcomes) == sorted(started)
    for outcome in outcomes:
        assert outcome.failure is None
        assert outcome.record == record(outcome.assignment)


@pytest.mark.parametrize("make", ALL)
def test_step_times_too(make: Make, fast: list[Trial]) -> None:
    timing = Timing(arm=fast[1].arm, process=3)
    (outcome,) = make(jobs=1).run([timing], MeasureSteps())
    assert isinstance(outcome.record, StepTime)
    assert (outcome.assignment, outcome.record.process) == (timing, 3)


@pytest.mark.parametrize("make", ALL)
def test_nothing_to_do(make: Make) -> None:
    assert list(make(jobs=2).run([], Measure())) == []


@pytest.mark.parametrize("make", ALL)
def test_what_raises_costs_itself_alone(make: Make, tmp_path: Path) -> None:
    arms = ["raises", "unpicklable", "sys-exit", "wrong", "baseline"]
    outcomes = by_arm(list(make(jobs=1).run(study(arms, seeds=1).trials(), Misbehave())))
    reasons = {name: o.failure.reason for name, o in outcomes.items() if o.failure}
    assert {o.failure.kind for o in outcomes.values() if o.failure} == {"raised"}
    assert "ValueError: seven is not" in reasons["raises"]
    assert "measured.py:" in reasons["raises"]
    assert "UnpicklableError: 1 and 2" in reasons["unpicklable"]
    assert "SystemExit: plugins should not do this" in reasons["sys-exit"]
    assert "returned dict, no record" in reasons["wrong"]
    assert all(reason.isprintable() for reason in reasons.values())
    assert outcomes["baseline"].record is not None


@pytest.mark.parametrize("make", ALL)
def test_a_work_that_does_not_import_is_told(make: Make, fast: list[Trial]) -> None:
    """As a plugin that raises when a worker imports it."""
    outcomes = list(make(jobs=1).run(fast[:2], UnimportableWork()))
    assert [o.failure.kind for o in outcomes if o.failure] == ["raised", "raised"]
    assert all("no such plugin here" in o.failure.reason for o in outcomes if o.failure)


@pytest.mark.parametrize("make", ALL)
def test_stop_begins_nothing_more(make: Make, fast: list[Trial]) -> None:
    executor = make(jobs=1)
    outcomes = []
    for outcome in executor.run(fast, Measure()):
        outcomes.append(outcome)
        executor.stop()
    assert 1 <= len(outcomes) <= 2, "one may have begun before the first was handed over"
    assert all(o.record for o in outcomes)
    assert len(list(executor.run(fast, Measure()))) == len(fast), "and it can run again"


@pytest.mark.parametrize("make", ALL)
def test_the_work_keeps_what_it_traced(make: Make, tmp_path: Path) -> None:
    outcomes = list(make(jobs=1).run(study(["baseline"], seeds=3).trials(), Misbehave()))
    assert [facts(o)["calls"] for o in outcomes] == [1, 2, 3]


@pytest.mark.parametrize("make", ALL)
def test_a_trial_that_changes_its_surroundings(make: Make, tmp_path: Path) -> None:
    trials = study(["changes", "baseline"], seeds=1).trials()
    outcomes = by_arm(list(make(jobs=1).run(trials, Misbehave())))
    assert facts(outcomes["changes"])["leak"] == "leaked"
    assert facts(outcomes["changes"])["folder"] == "/"
    assert facts(outcomes["baseline"])["leak"] is None
    assert facts(outcomes["baseline"])["folder"] != "/"
    assert "BENCH_TEST_LEAK" not in os.environ


# --- workers that stay ---


@pytest.mark.parametrize("make", ISOLATING)
def test_in_a_context_workers_stay_for_equal_work_and_end_with_it(make: Make) -> None:
    trials = study(["baseline"], seeds=2).trials()
    with make(jobs=1) as executor:
        assert not executor.has_workers
        told = [facts(o) for _ in range(2) for o in executor.run(trials, Misbehave())]
        assert [t["calls"] for t in told] == [1, 2, 3, 4], "of one work, which keeps what it traced"
        assert executor.has_workers
        (other,) = executor.run(trials[:1], Misbehave(seconds=0.01))
        assert facts(other)["calls"] == 1
        pids = {told[0]["pid"], facts(other)["pid"]}
        assert len(pids) == 2, "work of its own has a worker of its own"
    assert not executor.has_workers
    psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=10)
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


@pytest.mark.parametrize("make", ISOLATING)
def test_without_a_context_workers_end_with_their_run(make: Make) -> None:
    trials = study(["baseline"], seeds=1).trials()
    executor = make(jobs=1)
    pids = {facts(o)["pid"] for _ in range(2) for o in executor.run(trials, Misbehave())}
    assert len(pids) == 2
    assert not executor.has_workers


@pytest.mark.parametrize("make", ISOLATING)
def test_more_workers_join_those_that_stay_and_each_keeps_its_arms(make: Make) -> None:
    arms = ["baseline", "mixup"]
    with make(jobs=2) as executor:
        (first,) = executor.run(study(arms[:1], seeds=1).trials(), Misbehave())
        trials = study(arms, seeds=4).trials()
        later = list(executor.run(trials, Misbehave(seconds=0.0)))
    of = {(o.assignment.arm.name, facts(o)["pid"]) for o in later}
    assert ("baseline", facts(first)["pid"]) in of


@pytest.mark.parametrize("pause", [0.0, 0.5])
@pytest.mark.parametrize("make", ISOLATING)
def test_a_worker_that_died_while_it_waited_costs_no_trial(make: Make, pause: float) -> None:
    trials = study(["baseline"], seeds=1).trials()
    with make(jobs=1) as executor:
        (before,) = executor.run(trials, Misbehave())
        os.kill(facts(before)["pid"], signal.SIGKILL)
        time.sleep(pause)
        (after,) = executor.run(trials, Misbehave())
    assert facts(after)["pid"] != facts(before)["pid"]


@pytest.mark.parametrize("make", ISOLATING)
def test_a_run_that_its_consumer_leaves_keeps_no_worker(make: Make) -> None:
    with make(jobs=1) as executor:
        outcomes = executor.run(plenty(), Misbehave())
        pid = facts(next(outcomes))["pid"]
        outcomes.close()
        assert not executor.has_workers
        (outcome,) = executor.run(plenty()[:1], Misbehave())
        assert facts(outcome)["pid"] != pid


# --- isolation ---


@pytest.mark.parametrize("make", ISOLATING)
def test_what_crashes_costs_itself_alone(make: Make) -> None:
    arms = ["exit0", "exit3", "segfault", "killed", "baseline", "mixup"]
    trials = study(arms, seeds=1).trials()
    outcomes = by_arm(list(make(jobs=2).run(trials, Misbehave())))
    assert sorted(outcomes) == sorted(arms)
    failures = {name: o.failure for name, o in outcomes.items() if o.failure}
    assert sorted(failures) == ["exit0", "exit3", "killed", "segfault"]
    assert {f.kind for f in failures.values()} <= {"crashed", "killed"}
    for name in ("baseline", "mixup"):
        assert outcomes[name].record is not None


@pytest.mark.parametrize("make", ISOLATING)
def test_what_hangs_costs_itself_alone(make: Make) -> None:
    trials = study(["hangs", "baseline", "mixup"], seeds=1).trials()
    outcomes = by_arm(list(make(jobs=1, time_limit=1.5).run(trials, Misbehave())))
    hung = outcomes["hangs"].failure
    assert hung is not None
    assert hung.kind == "timeout"
    assert "1.5 s" in hung.reason
    assert outcomes["baseline"].record is not None
    assert outcomes["mixup"].record is not None


@pytest.mark.parametrize("make", ISOLATING)
def test_trials_run_in_other_processes(make: Make) -> None:
    outcomes = take_until(2, make(jobs=2).run(plenty(), Misbehave(seconds=0.05)))
    assert os.getpid() not in {facts(o)["pid"] for o in outcomes}


def facts(outcome: Outcome[Trial, Record]) -> dict:
    assert outcome.record is not None, outcome.failure
    return outcome.record.facts


def test_the_misbehaving_exception_is_what_it_says() -> None:
    from tests.bench.measured import UnpicklableError

    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(UnpicklableError(1, 2)))
