"""A simulated machine that trains and times an advice, with planted effects and a clock of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.advising.advise import Advisor
from bench.advising.start import advisor
from bench.core.failure import Failure
from bench.core.metric import OBJECTIVE
from bench.core.study import Arm, Study, Trial
from bench.plugins.registry import Registry, find
from bench.running import timing_phase
from bench.running.collect import Collected, TrainingWatch
from bench.running.executors.executor import Outcome
from bench.running.request import Request
from bench.running.study_run import Display, RunOptions
from bench.running.timing_phase import TimingOptions, TimingWatch
from bench.running.training_phase import Watching
from bench.running.workers import TrainingOptions, Workers
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench.analysis import studies
from tests.bench.report.study_factory import Plan, Planted, trial_record
from tests.bench.running.executors.serial import SerialExecutor

POINTS = {"cutmix": 3.0, "dropout": 2.0, "mixup": -2.0, "ema": 0.0, "layer_norm": -1.0}
SECONDS = 10.0
"""Seconds of a trial."""
TECHNIQUES = tuple(POINTS)


class KilledError(Exception):
    """A simulated kill of the process."""


class Machine:
    """A simulated machine, whose clock advances without any training."""

    def __init__(self) -> None:
        self.now, self.trained = 0.0, 0
        self.speed: Callable[[float], float] = lambda now: 1.0
        self.dies_at: int | None = None
        self.starts_for = 0.0
        """Seconds that workers take to start."""
        self.started = 0
        """Times that they did."""
        self.dies_after = 0.0
        """Seconds of a trial before the kill."""
        self.points = POINTS
        self.ece: dict[str, float] = {}
        self.rate = find().task("imdb").recipe("smoke").learning_rate
        self.of_rate: Callable[[tuple[str, ...], float], float] = lambda names, rate: 0.0
        self.ratios: dict[str, float] = {}
        self.dies_timing = False
        self.diverges: Callable[[Arm, int], bool] = lambda arm, seed: False
        self.fails: Callable[[Study, Trial], bool] = lambda study, trial: False
        self.seen: list[tuple[str, str, int]] = []

    def worth(self, arm: Arm) -> float:
        """Points of an arm."""
        names = tuple(use.name for use in arm.strategies)
        rate = arm.recipe["learning_rate"] / self.rate
        length = 4 * math.log2(self.length(arm))
        return (
            sum(self.points.get(name, 0.0) for name in names) + self.of_rate(names, rate) + length
        )

    def length(self, arm: Arm) -> float:
        """Steps of an arm over the recipe's."""
        return arm.recipe["steps"] / find().task("imdb").recipe("smoke").steps

    def ratio(self, arm: Arm) -> float:
        """Step time of an arm over the baseline's."""
        return math.prod(self.ratios.get(use.name, 1.0) for use in arm.strategies)

    def time(
        self, study: Study, store: Store, source: Source, options: TimingOptions, watch: TimingWatch
    ) -> None:
        for timing in timing_phase.missing(study, store, options):
            assert options.deadline is not None
            if self.now > options.deadline:
                break
            self.now += 1.0
            record = studies.step_time(
                timing.arm.name, timing.process, self.ratio(timing.arm), study=study.name,
                task=timing.arm.task, data=study.data[timing.arm.task],
            )  # fmt: skip
            store.write(record)
            watch.ended(Outcome(timing, record, None))
            if self.dies_timing:
                raise KilledError

    def planted(self, arm: Arm) -> Planted:
        """Return the effects of an arm; its NLL falls with its accuracy and twice its ECE."""
        ece = sum(self.ece.get(use.name, 0.0) for use in arm.strategies)
        return Planted(self.worth(arm), ece=ece)

    def train(
        self, study: Study, store: Store, options: TrainingOptions, watching: Watching,
        trials: Sequence[Trial], workers: Workers,
    ) -> Collected:  # fmt: skip
        plan = Plan(arms={arm.name: self.planted(arm) for arm in study.arms}, noise=0.5)
        written = 0
        waited = workers.waiting
        executor = workers.executor(options._replace(source=Source("synthetic")), store, trials)
        if not (waited and workers.waiting):  # of another folder, they are others
            self.now += self.starts_for
            self.started += 1
        with watching(trials) as watch:
            for trial in trials:
                watch.started(trial)
                if self.trained == self.dies_at:
                    self.now += self.dies_after
                    raise KilledError
                seconds = SECONDS * self.ratio(trial.arm) * self.length(trial.arm)
                self.now += seconds / self.speed(self.now)
                if self.fails(study, trial):
                    store.fail(trial.name, "raised", "out of memory")
                    self.seen.append((study.name, trial.arm.name, trial.seed))
                    watch.ended(
                        Outcome(trial, None, Failure(kind="raised", reason="out of memory"))
                    )
                    continue
                planted = replace(
                    plan.arms[trial.arm.name],
                    diverges=(trial.seed,) if self.diverges(trial.arm, trial.seed) else (),
                )
                plan = replace(plan, arms={**plan.arms, trial.arm.name: planted})
                record = trial_record(plan, study, trial.arm, trial.seed)
                slow = {"train_seconds": seconds / self.speed(self.now), "trace_seconds": 0.0}
                record = record.model_copy(update={**slow, "evaluation_seconds": 0.0})
                store.write(record)
                self.trained, written = self.trained + 1, written + 1
                self.seen.append((study.name, trial.arm.name, trial.seed))
                watch.ended(Outcome(trial, record, None))
                if options.deadline is not None and self.now > options.deadline:
                    break
        assert isinstance(executor, SerialExecutor)
        executor.has_workers = True
        return Collected(written, {}, False)


def begun(
    folder: Path,
    registry: Registry,
    budget: float,
    techniques: tuple[str, ...] = TECHNIQUES,
    objective: str = OBJECTIVE,
) -> Any:
    request = Request(
        profile="smoke", tasks=("imdb",), strategies=techniques, name="advice", first_seed=None
    )
    options = RunOptions(folder, Source("synthetic"), TrainingOptions(jobs=1))
    silent = Display(print, print, lambda trials: nullcontext(TrainingWatch()), TimingWatch())
    return advisor(request, budget, registry, options, silent, objective)


def advised(
    folder: Path, registry: Registry, trials: int, objective: str = OBJECTIVE
) -> tuple[Advisor, Study]:
    with begun(folder, registry, trials * SECONDS, objective=objective) as made:
        made.probe()
        made.choose()
        return made, made.confirm()
