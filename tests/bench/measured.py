"""Made-up studies and records, and works that fail in every way, all without TensorFlow."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.core.record import Evaluation, Hashes, Record, Scores, StepTime, Use
from bench.core.study import Arm, Study, Timing, Trial
from bench.running.executors.executor import Outcome
from bench.storage.store import Store

STUDY = "tiny"


def arm(name: str = "baseline", task: str = "cifar10") -> Arm:
    role = "baseline" if name == "baseline" else "treatment"
    reference = None if name == "baseline" else "baseline"
    return Arm(
        task=task, name=name, recipe={"steps": 4}, role=role, reference=reference,
        strategies=() if name == "baseline" else (Use(name=name),),
    )  # fmt: skip


def study(arms: Iterable[str] = ("baseline", "mixup"), seeds: int = 3, name: str = STUDY) -> Study:
    return Study(
        name=name,
        profile="smoke",
        data={"cifar10": "synthetic:cifar10:1"},
        synthetic=True,
        arms=tuple(arm(a) for a in arms),
        seeds=seeds,
    )


def plenty() -> list[Trial]:
    """Make more trials than a test waits for, since a worker on a busy machine takes long to start."""
    return study(["baseline"], seeds=1000).trials()


def take_until(
    processes: int, outcomes: Iterator[Outcome[Trial, Record]]
) -> list[Outcome[Trial, Record]]:
    """Take outcomes of `Misbehave` until a number of processes have measured.

    Raises:
        AssertionError: fewer processes measured them all.
    """
    taken, pids = [], set()
    for outcome in outcomes:
        taken.append(outcome)
        if outcome.record is not None:
            pids.add(outcome.record.facts["pid"])
        if len(pids) == processes:
            return taken
    raise AssertionError(f"{len(pids)} processes measured {len(taken)} trials")


def filled(folder: Path) -> Store:
    """Make a store in the folder with a complete study of two arms and three seeds."""
    store = Store(folder / STUDY)
    store.write_study(study())
    for trial in study().trials():
        store.write(record(trial))
    return store


def record(trial: Trial, study_name: str = STUDY, accuracy: float = 0.5) -> Record:
    """Make a record whose numbers follow from the trial, so that a wrong one shows."""
    seed = trial.seed
    return Record(
        study=study_name,
        task=trial.arm.task,
        arm=trial.arm.name,
        seed=seed,
        status="ok",
        classes=10,
        data="synthetic:cifar10:1",
        synthetic=True,
        recipe=trial.arm.recipe,
        settings={"precision": "float32"},
        strategies=trial.arm.strategies,
        hashes=Hashes(initial_weights={"stem": "a" * 64}, batch_order="b" * 64, data="c" * 64),
        curve=tuple(
            Evaluation(
                step=step,
                examples=step * 32,
                train_loss=2.3 - step / (seed + 7),
                validation_accuracy=0.1 + step / 100,
                validation_nll=2.2,
            )
            for step in range(4)
        ),
        steps=4,
        examples=128,
        final=Scores(
            test_accuracy=accuracy,
            validation_accuracy=0.5,
            train_accuracy=0.75,
            nll=1.5 + seed / 3,
            brier=0.6,
            ece=0.1,
            class_correct=(5,) * 10,
            class_total=(10,) * 10,
            correct="gA==",
        ),
        parameters=1000,
        trace_seconds=0.5,
        train_seconds=1.25,
        evaluation_seconds=0.125,
        environment={"cpu": "none"},
    )


def step_time(process: int = 0, arm_name: str = "mixup") -> StepTime:
    return StepTime(
        study=STUDY,
        task="cifar10",
        arm=arm_name,
        reference="baseline",
        process=process,
        data="synthetic:cifar10:1",
        synthetic=True,
        recipe={"steps": 4},
        settings={},
        block_steps=5,
        arm_ms=(1.5, 1.25),
        reference_ms=(1.0, 1.125),
        warm_up_steps=10,
        first_step_seconds=2.0,
        reference_first_step_seconds=2.0,
        peak_memory_mb=None,
        reference_peak_memory_mb=None,
        parameters=1000,
        reference_parameters=1000,
        batch_size=32,
        input_ms=None,
        step_flops=None,
        matrix_flops_per_second=None,
        device="CPU",
        machine="m",
        load_average=0.5,
        environment={},
    )


class Measure:
    """A work for most tests, which returns the result of `record` after some seconds."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def __call__(self, trial: Trial) -> Record:
        time.sleep(self.seconds)
        return record(trial)


class MeasureSteps:
    """A work of a step-time process."""

    def __call__(self, timing: Timing) -> StepTime:
        return step_time(timing.process, timing.arm.name)


class UnimportableWork:
    """A work that cannot be unpickled, like one whose module raises when it is imported."""

    def __reduce__(self) -> tuple:
        return _refuse, ()

    def __call__(self, trial: Trial) -> Record:
        return record(trial)


def _refuse() -> None:
    raise ImportError("no such plugin here")


class Misbehave:
    """A work that fails as the arm's name says, and measures in all other arms."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.calls = 0

    def __call__(self, trial: Trial) -> Record:
        self.calls += 1
        time.sleep(self.seconds)
        name = trial.arm.name
        if name == "exit0":
            os._exit(0)
        if name == "exit3":
            os._exit(3)
        if name == "segfault":
            ctypes.string_at(0)
        if name == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "hangs":
            time.sleep(3600)
        if name == "raises":
            raise ValueError("seven\nis not\x1b[31m allowed")
        if name == "unpicklable":
            raise UnpicklableError(1, 2)
        if name == "wrong":
            return {"test_accuracy": 1.0}  # type: ignore[return-value]
        if name == "sys-exit":
            sys.exit("plugins should not do this")
        if name == "prints":
            print('{"test_accuracy": 1.0}', flush=True)
            os.write(1, b"raw stdout\n")
            os.write(2, b"raw stderr\n")
        if name == "changes":
            os.chdir("/")
            os.environ["BENCH_TEST_LEAK"] = "leaked"
        made = record(trial)
        facts = {
            "pid": os.getpid(),
            "calls": self.calls,
            "folder": str(Path.cwd()),
            "leak": os.environ.get("BENCH_TEST_LEAK"),
            "given": os.environ.get("BENCH_TEST_GIVEN"),
        }
        return made.model_copy(update={"facts": facts})


class UnpicklableError(Exception):
    """An error that can be pickled but not unpickled: its arguments differ from its constructor's."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")
