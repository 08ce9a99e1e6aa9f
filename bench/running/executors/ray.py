"""Trials on a Ray cluster: a worker is an actor, placed where its share of a device is free.

The suite (and a plugin's file) must be installed on every node. What workers print is in Ray's logs.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bench.core.errors import BenchError, UsageError
from bench.core.failure import Failure
from bench.core.study import Trial
from bench.running.executors.actor import Actor, Lost
from bench.running.executors.executor import Measured, Outcome, Work
from bench.running.executors.queue import TrialQueue
from bench.running.executors.worker import Sent, received

_TICK = 0.2
"""Seconds between two looks at time limits."""
_GROWTH = 5.0
"""Seconds between two looks at how large the cluster is."""
LOSSES = 3
"""How often a trial's worker may be lost for no known reason, or fail to start."""


class RayExecutor:
    """As many actors as the cluster has room for; a lost node's trials run again elsewhere.

    Args:
        jobs: the most trials side by side; None: as the cluster's devices allow, also as it grows.
        address: of the cluster (`auto`, `HOST:PORT`, `ray://...`); None starts Ray on this machine.
        gpus_per_trial: share of a GPU that a trial reserves.
        cpus_per_trial: processor cores that a trial reserves.
        time_limit: seconds that a trial may run, from when its actor has a place; None: no limit.
        environment: variables of the workers.
        fresh: a new process for every trial, as step times need.
    """

    def __init__(
        self,
        jobs: int | None = None,
        address: str | None = None,
        gpus_per_trial: float = 0.0,
        cpus_per_trial: float = 1.0,
        time_limit: float | None = None,
        environment: Mapping[str, str] | None = None,
        fresh: bool = False,
    ) -> None:
        if jobs is not None and jobs < 1:
            raise UsageError(f"{jobs} jobs: at least 1 is needed")
        if min(gpus_per_trial, cpus_per_trial) < 0 or gpus_per_trial + cpus_per_trial == 0:
            raise UsageError("a trial must reserve a positive share of a GPU or of a processor")
        self._jobs, self._address, self._time_limit = jobs, address, time_limit
        self._shares = {"GPU": gpus_per_trial, "CPU": cpus_per_trial}
        self._environment, self._fresh = dict(environment or {}), fresh
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True

    def run(
        self,
        trials: Sequence[Trial],
        work: Work[Measured],
        on_start: Callable[[Trial], None] | None = None,
    ) -> Generator[Outcome[Measured], None, None]:
        self._stopping = False
        if not trials:
            return
        pickled = pickle.dumps(work)
        queue = TrialQueue(trials)
        losses: Counter[str] = Counter()
        with _connected(self._address) as ray:
            room, looked = self._room(ray), time.monotonic()
            actors: list[Actor] = []
            try:
                while True:
                    if time.monotonic() - looked > _GROWTH:
                        room, looked = max(self._room(ray), 1), time.monotonic()
                    running = sum(actor.trial is not None for actor in actors)
                    wanted = running + (0 if self._stopping else len(queue))
                    if not wanted:
                        return
                    for _ in range(min(room, wanted) - len(actors)):
                        actors.append(Actor(ray, pickled, self._shares, self._environment))
                    self._begin(actors, queue, on_start)
                    pending = [actor.pending for actor in actors if actor.pending is not None]
                    ray.wait(pending, num_returns=1, timeout=_TICK)
                    ended: list[Outcome[Measured]] = []
                    for actor in list(actors):
                        trial = actor.trial
                        result = actor.poll(self._time_limit)
                        if result is None:
                            continue
                        if self._fresh or not isinstance(result, Sent):
                            actor.kill()
                            actors.remove(actor)
                            queue.forget(actor)
                        if isinstance(result, Lost):
                            failure = _after_loss(result, trial, losses)
                            if trial and failure:
                                ended.append(Outcome(trial, None, failure))
                            elif trial:
                                queue.put_back(trial)
                        elif trial and isinstance(result, Failure):
                            ended.append(Outcome(trial, None, result))
                        elif trial and isinstance(result, Sent):
                            ended.append(received(trial, result))
                    self._begin(actors, queue, on_start)
                    yield from ended
            finally:
                for actor in actors:
                    actor.kill()

    def _begin(
        self, actors: Sequence[Actor], queue: TrialQueue, on_start: Callable[[Trial], None] | None
    ) -> None:
        for actor in actors:
            if self._stopping or actor.pending is not None:
                continue
            trial = queue.take(actor)
            if trial:
                actor.begin(trial)
                if on_start:
                    on_start(trial)

    def _room(self, ray: Any) -> int:
        """How many trials the cluster has devices for.

        Raises:
            UsageError: not for one, and nobody said how many jobs to wait for.
        """
        if self._jobs is not None:
            return self._jobs
        has = ray.cluster_resources()
        shares = {name: share for name, share in self._shares.items() if share > 0}
        room = min(int(has.get(name, 0.0) / share) for name, share in shares.items())
        if room < 1:
            asked = " and ".join(f"{share:g} {name}" for name, share in shares.items())
            raise UsageError(
                f"no node of the Ray cluster has {asked} for a trial; ask for less, "
                "or say with --jobs how many to wait for"
            )
        return room


def _after_loss(lost: Lost, trial: Trial | None, losses: Counter[str]) -> Failure | None:
    """The failure of a trial whose worker was lost too often; None where it is to run again.

    Raises:
        BenchError: workers do not start.
    """
    if lost.certain:
        return None
    name = trial.name if trial else ""
    losses[name] += 1
    if losses[name] < LOSSES:
        return None
    if trial is None:
        raise BenchError(f"workers do not start on the Ray cluster: {lost.reason}")
    return Failure(kind="crashed", reason=f"its worker was lost {LOSSES} times: {lost.reason}")


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """The `ray` module, connected; disconnected afterwards unless it was connected before.

    Raises:
        UsageError: Ray is not installed, or no cluster answers at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed: pip install 'regularization-bench[ray]'") from error
    if ray.is_initialized():
        yield ray
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a study reports to nobody
    local = {} if address else {"include_dashboard": False}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        where = address or "this machine"
        reason = " ".join(str(error).split())[:300]
        raise UsageError(f"no Ray cluster answers at {where}: {reason}; see --address") from error
    try:
        yield ray
    finally:
        ray.shutdown()
