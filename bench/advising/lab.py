"""The trials of an advice: trained by the executors, stored as studies, timed against the budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import numpy as np

from bench.advising.advice import RoundState
from bench.advising.rounds import Costs, Observation, Round, Stack, name_of, step_ratio
from bench.core.record import Record, trial_name
from bench.core.study import BASELINE, Study, Trial
from bench.plugins.registry import Registry
from bench.running import study_run, training_phase
from bench.running.collect import TrainingWatch
from bench.running.executors.executor import Outcome
from bench.running.plan import plan, with_time_of
from bench.running.request import Request
from bench.running.study_run import Display, RunOptions
from bench.running.training_phase import Watching
from bench.running.workers import Workers
from bench.storage.store import Store

LEAST = 1e-3
"""Seconds that a trial takes at least, for a logarithm."""
BUILDING = 0.5
"""Time of a worker to build and trace a new arm, as a share of its start-up time."""


class Lab(NamedTuple):
    """The means of training: a request, an executor's options and workers, a display."""

    request: Request
    """Profile, one task, base and settings, which all trials share."""
    registry: Registry
    options: RunOptions
    display: Display
    workers: Workers

    def study(
        self,
        name: str,
        stacks: Sequence[Stack],
        seeds: int,
        first_seed: int,
        ratios: Mapping[str, float] | None = None,
    ) -> Study:
        """Plan a study of stacks, each compared with the baseline.

        Args:
            ratios: arm -> step time over the baseline's; each stack then trains only for the
                baseline's seconds. None for as many steps as the baseline.
        """
        request = self.request._replace(
            name=name,
            strategies=(),
            stacks=[name_of(stack) for stack in dict.fromkeys(stacks) if stack],
            seeds=seeds,
            first_seed=first_seed,
            exploratory=True,
        )
        study = plan(request, self.registry, self.options.source).study
        if ratios is None:
            return study
        named = {name_of(stack): step_ratio(stack, ratios) for stack in stacks if stack}
        arms = [with_time_of(a, named[a.name]) if a.name in named else a for a in study.arms]
        return study.model_copy(update={"arms": tuple(arms)})

    def train(
        self,
        study: Study,
        store: Store,
        trials: Sequence[Trial],
        limit: float,
        tick: Callable[[float], None],
    ) -> bool:
        """Train some trials of a stored study; return whether Ctrl-C stopped it.

        Args:
            limit: seconds after which no more trials begin.
            tick: called when a trial starts or has ended, with the seconds since the start.
        """
        source = study_run.settled_source(study, self.options.source.directory)
        start = time.monotonic()
        training = self.options.training._replace(source=source, deadline=start + limit)

        def passed() -> None:
            tick(time.monotonic() - start)

        watching = _timed(self.display.training, passed)
        collected = training_phase.train_trials(
            study, store, training, watching, list(trials), self.workers
        )
        passed()
        return collected.interrupted


def observations(
    store: Store, task: str, rounds: Sequence[Round], score: Callable[[Record], float]
) -> list[Observation]:
    """Return the ended trials of a choice with their scores, None for those that failed."""
    names = {name_of(stack): stack for r in rounds for stack in r.stacks}
    scored = [
        Observation(names[record.arm], record.seed, score(record))
        for record in store.records().records
        if record.arm in names
    ]
    failures = store.failures()
    failed = [
        Observation(stack, seed, None)
        for r in rounds
        for stack in r.stacks
        for seed in r.seeds
        if trial_name(task, name_of(stack), seed) in failures
    ]
    return [*scored, *failed]


def costs(store: Store, rounds: Sequence[RoundState]) -> Costs:
    """Return the seconds of the budget that a trial of each tried stack takes at the current pace.

    A stack's share is a multiple of the baseline's, from all rounds, whatever the machine's speed was
    in each. The pace is that of the last round with a record. It includes the trials side by side and
    the machine's current speed. Empty without a trial of the baseline.
    """
    records = store.records().records
    of_round = {seed: n for n, state in enumerate(rounds) for seed in state.round.seeds}
    known = [(r.arm, of_round[r.seed], _seconds(r)) for r in records if r.seed in of_round]
    by_arm = _shares(known)
    if name_of(()) not in by_arm:
        return {}
    base = by_arm[name_of(())]
    tried = {stack for state in rounds for stack in state.round.stacks}
    shares = {s: by_arm[name_of(s)] / base for s in tried if name_of(s) in by_arm}
    of_rounds = ((state, _trained_in(state, records)) for state in reversed(rounds))
    last, ended = next((state, ended) for state, ended in of_rounds if ended)
    work = sum(by_arm[record.arm] / base for record in ended)
    elapsed = sum(map(_seconds, ended)) / last.jobs
    if last.round.stage == "probe":  # The next round builds and traces an arm for each trial.
        elapsed += BUILDING * startup(store, rounds) * len(ended) / last.jobs
    else:
        elapsed = max(elapsed, last.seconds - last.starts * startup(store, rounds))
    return {stack: share * elapsed / work for stack, share in shares.items()}


def _trained_in(state: RoundState, records: Sequence[Record]) -> list[Record]:
    """Return the records of a round that has taken time."""
    names = {name_of(stack) for stack in state.round.stacks}
    seeds = state.round.seeds if state.seconds > 0 else ()
    return [record for record in records if record.seed in seeds and record.arm in names]


def _shares(trials: Sequence[tuple[str, int, float]]) -> dict[str, float]:
    """Return the relative seconds of each arm, from (arm, round, seconds) of trials.

    Least squares on logs: seconds are the product of the arm's share and the round's pace.
    """
    arms = {name: column for column, name in enumerate(dict.fromkeys(t[0] for t in trials))}
    design = np.zeros((len(trials), len(arms) + 1 + max((t[1] for t in trials), default=0)))
    for row, (arm, number, _) in enumerate(trials):
        design[row, [arms[arm], len(arms) + number]] = 1.0
    logs = np.log([max(seconds, LEAST) for _, _, seconds in trials])
    solved = np.linalg.lstsq(design, logs)[0] if trials else np.zeros(0)
    return {name: float(np.exp(solved[column])) for name, column in arms.items()}


def startup(store: Store, rounds: Sequence[RoundState]) -> float:
    """Return the seconds that workers take to start: processes, TensorFlow, data."""
    probe = rounds[0]
    ended = store.records().records
    trained = [_seconds(r) for r in ended if r.arm == BASELINE and r.seed in probe.round.seeds]
    return max(0.0, probe.seconds - max(trained, default=0.0)) / max(1, probe.starts)


def _seconds(record: Record) -> float:
    return record.train_seconds + record.evaluation_seconds + record.trace_seconds


def training_ratios(store: Store) -> dict[str, float]:
    """Return arm -> median time of training over the baseline's at the same seed."""
    seconds: dict[str, dict[int, float]] = {}
    for record in store.records().records:
        seconds.setdefault(record.arm, {})[record.seed] = record.train_seconds
    base = seconds.pop(name_of(()), {})
    return {
        arm: median(of_arm[seed] / base[seed] for seed in of_arm.keys() & base.keys())
        for arm, of_arm in seconds.items()
        if of_arm.keys() & base.keys()
    }


def missing(
    store: Store, study: Study, stacks: Sequence[Stack], seeds: Sequence[int]
) -> list[Trial]:
    """List the trials of a round that have neither a record nor a failure."""
    ended = store.names() | store.failures().keys()
    arms = [study.arm(study.arms[0].task, name_of(stack)) for stack in stacks]
    trials = [Trial(arm=arm, seed=seed) for seed in seeds for arm in arms]
    return [trial for trial in trials if trial.name not in ended]


class _Timed(TrainingWatch):
    """A display that also calls a function when a trial starts and when it has ended."""

    def __init__(self, shown: TrainingWatch, passed: Callable[[], None]) -> None:
        self._shown, self._passed = shown, passed

    def started(self, trial: Trial) -> None:
        self._shown.started(trial)
        self._passed()

    def ended(self, outcome: Outcome[Trial, Record]) -> None:
        self._shown.ended(outcome)
        self._passed()

    def interrupted(self) -> None:
        self._shown.interrupted()


def _timed(watching: Watching, passed: Callable[[], None]) -> Watching:
    @contextmanager
    def timed(trials: Sequence[Trial]) -> Iterator[TrainingWatch]:
        with watching(trials) as shown:
            yield _Timed(shown, passed)

    return timed
