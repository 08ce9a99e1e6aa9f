"""The phase with an executor that measures nothing: order, resume, memory, locks."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bench.core.failure import Failure
from bench.core.record import PeakMemory, Use
from bench.core.study import Arm, Study, Timing
from bench.running.executors.executor import Outcome, Work
from bench.running.timing_phase import TimingOptions, TimingWatch, missing, phase
from bench.running.timing_work import MemoryWork, TimingWork
from bench.storage import machine_lock
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench import measured

ARMS = ("baseline", "mixup", "cutmix", "dropout")


class FakeExecutor:
    """An executor that answers at once and keeps the timings of each call."""

    def __init__(self, calls: list[tuple[Any, list[Timing]]], locks: Path) -> None:
        self.calls, self.locks = calls, locks
        self.fails: set[str] = set()

    def __call__(self, jobs: int, fresh: bool) -> FakeExecutor:
        self.jobs, self.fresh = jobs, fresh
        return self

    def stop(self) -> None: ...

    def run(
        self,
        assignments: Sequence[Timing],
        work: Work[Any, Any],
        on_start: Callable[[Timing], None] | None = None,
    ) -> Generator[Outcome[Any, Any], None, None]:
        self.calls.append((work, list(assignments)))
        timed = isinstance(work, TimingWork)
        assert self.fresh != timed  # memory: a process an arm; timing: one process
        held = "another timing" if timed else "a training"
        assert holder(self.locks) == f"step times wait for {held} on this machine"
        assert not timed or self.jobs == 1
        for timing in assignments:
            assert on_start is not None
            on_start(timing)
            if timing.arm.name in self.fails:
                yield Outcome(timing, None, Failure(kind="raised", reason="no luck"))
            elif timed:
                made = measured.step_time(timing.process, timing.arm.name)
                key = ("cifar10", timing.arm.name)
                memory = work.memory.get(key)  # type: ignore[attr-defined]
                yield Outcome(timing, made.model_copy(update={"peak_memory_mb": memory}), None)
            else:
                name, number = timing.arm.name, timing.process
                size = 100.0 + len(name)
                yield Outcome(
                    timing,
                    PeakMemory(task="cifar10", arm=name, process=number, peak_memory_mb=size),
                    None,
                )


class WaitsError(Exception):
    """An error that ends an endless wait."""


def holder(folder: Path) -> str:
    """Return the reason for which another timing would wait."""

    def no_waiting(_seconds: float) -> None:
        raise WaitsError

    reasons: list[str] = []
    with suppress(WaitsError), machine_lock.timing(folder, reasons.append, no_waiting):
        pass
    return "".join(reasons)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / measured.STUDY)
    made.write_study(a_study())
    return made


def a_study() -> Study:
    made = measured.study(ARMS)
    arms = tuple(arm.model_copy(update={"recipe": {"batch_size": 32}}) for arm in made.arms)
    return made.model_copy(
        update={"arms": arms, "settings": {"precision": "float32", "xla": False}}
    )


def test_each_process_times_every_arm_and_measures_every_memory(
    store: Store, tmp_path: Path
) -> None:
    calls: list[tuple[Any, list[Timing]]] = []
    executor = FakeExecutor(calls, tmp_path / "locks")
    options = TimingOptions(processes=2, jobs=2)
    done = phase(a_study(), store, Source(), options, None, executor, tmp_path / "locks")
    assert (done.written, done.failed) == (6, {})
    kinds = [type(work) for work, _ in calls]
    assert kinds == [MemoryWork, TimingWork, MemoryWork, TimingWork]
    for number, (work, timings) in enumerate(calls):
        assert {timing.process for timing in timings} == {number // 2}
        expected = set(ARMS) if isinstance(work, MemoryWork) else set(ARMS) - {"baseline"}
        assert {timing.arm.name for timing in timings} == expected
    found = store.step_times().step_times
    assert {(r.arm, r.process): r.peak_memory_mb for r in found}["mixup", 1] == 105.0


def test_nothing_is_timed_after_the_deadline(store: Store, tmp_path: Path) -> None:
    calls: list[tuple[Any, list[Timing]]] = []
    executor = FakeExecutor(calls, tmp_path / "locks")
    past = TimingOptions(memory=False, deadline=time.monotonic() - 1)
    done = phase(a_study(), store, Source(), past, None, executor, tmp_path / "locks")
    assert (done.written, calls) == (0, [])


def test_what_is_measured_is_not_measured_again(store: Store, tmp_path: Path) -> None:
    calls: list[tuple[Any, list[Timing]]] = []
    executor = FakeExecutor(calls, tmp_path / "locks")
    executor.fails = {"cutmix"}
    options = TimingOptions(processes=1, memory=False)
    done = phase(a_study(), store, Source(), options, None, executor, tmp_path / "locks")
    assert list(done.failed) == ["cifar10--cutmix--000"]
    assert done.failed["cifar10--cutmix--000"].reason == "no luck"
    assert store.failures() == {}  # a trial of that name trains all the same

    executor.fails = set()
    del calls[:]
    again = phase(a_study(), store, Source(), options, None, executor, tmp_path / "locks")
    assert again.written == 1
    assert [[t.arm.name for t in timings] for _, timings in calls] == [["cutmix"]]
    assert missing(a_study(), store, options) == []
    assert len(missing(a_study(), store, TimingOptions(processes=3))) == 6


def test_nothing_missing_runs_nothing_and_takes_no_lock(store: Store, tmp_path: Path) -> None:
    for arm in ARMS[1:]:
        store.write(measured.step_time(0, arm))
    calls: list[tuple[Any, list[Timing]]] = []
    with machine_lock.training(tmp_path / "locks"):
        done = phase(
            a_study(), store, Source(), TimingOptions(), TimingWatch(),
            FakeExecutor(calls, tmp_path / "locks"), tmp_path / "locks",
        )  # fmt: skip
    assert (done.written, calls) == (0, [])


def test_the_order_of_the_arms_changes_from_process_to_process(store: Store) -> None:
    names = tuple(f"arm{i}" for i in range(12))
    wide = measured.study(("baseline", *names))
    arms = tuple(arm.model_copy(update={"recipe": {"batch_size": 32}}) for arm in wide.arms)
    timings = missing(wide.model_copy(update={"arms": arms}), store, TimingOptions(processes=2))
    first = [timing.arm.name for timing in timings if timing.process == 0]
    second = [timing.arm.name for timing in timings if timing.process == 1]
    assert sorted(first) == sorted(second) == sorted(names)
    assert first != second


def test_an_arm_with_other_batches_than_its_reference_has_no_ratio(store: Store) -> None:
    made = a_study()
    other = Arm(
        task="cifar10", name="baseline[batch_size=64]", recipe={"batch_size": 64},
        reference="baseline", treatment=("recipe.batch_size",),
    )  # fmt: skip
    wider = made.model_copy(update={"arms": (*made.arms, other)})
    assert other.name not in {timing.arm.name for timing in missing(wider, store, TimingOptions())}


def test_a_tuned_arm_is_timed_only_if_its_step_differs_from_that_at_its_default(
    tmp_path: Path,
) -> None:
    made = measured.study(ARMS)
    recipe = {"recipe": {"steps": 4, "batch_size": 8}}
    known = made.model_copy(update={"arms": tuple(a.model_copy(update=recipe) for a in made.arms)})

    def tuned(name: str, **parameters: Any) -> Arm:
        use = Use(name=name, parameters=parameters)
        changes = {"name": f"{name}[tuned]", "strategies": (use,)}
        return known.arm("cifar10", name).model_copy(update=changes)

    strength, passes = tuned("mixup", alpha=0.3), tuned("cutmix", passes=3)
    study = known.model_copy(update={"arms": (*known.arms, strength, passes)})
    names = {timing.arm.name for timing in missing(study, Store(tmp_path), TimingOptions())}
    assert names == {"mixup", "cutmix", "dropout", "cutmix[tuned]"}
