"""Assignments on a Ray cluster; each worker is an actor on a node with a free share of a device.

The suite (and a plugin's file) must be installed on every node. Ray keeps the output of workers in
its logs.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from bench.core.errors import BenchError, UsageError
from bench.core.failure import Failure
from bench.core.study import Timing, Trial
from bench.running.executors.actor import Actor, Lost
from bench.running.executors.executor import Assignment, Measured, Outcome, Work
from bench.running.executors.queue import AssignmentQueue, Key
from bench.running.executors.worker import Sent, received

_TICK = 0.2
"""Seconds between two checks of time limits."""
_GROWTH = 5.0
"""Seconds between two checks of the size of the cluster."""
LOSSES = 3
"""Unexplained losses of an assignment's workers (or failed starts) after which it counts as failed."""


class RayExecutor:
    """Actors on a Ray cluster, as many as fit; other nodes repeat a lost node's work.

    Args:
        jobs: largest number of assignments side by side; None for as many as the cluster's devices
            allow, also as it grows.
        address: address of the cluster (`auto`, `HOST:PORT`, `ray://...`); None starts Ray on this
            machine.
        gpus_per_trial: share of a GPU that an assignment reserves.
        cpus_per_trial: processor cores that an assignment reserves.
        time_limit: seconds that an assignment may run once its actor has a place; None for no limit.
        environment: variables of the workers.
        fresh: use a new process for every assignment.
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
        self._stopping = self._keeping = False
        self._work = b""
        self._actors: list[Actor[Any]] = []
        self._traced: dict[Hashable, set[Key]] = {}
        self._connection = ExitStack()
        self._ray: Any = None

    def __enter__(self) -> Self:
        self._keeping = True
        return self

    def __exit__(self, *exception: object) -> None:
        self._keeping = False
        self._end_actors()

    @property
    def has_workers(self) -> bool:
        return bool(self._actors)

    def stop(self) -> None:
        self._stopping = True

    def run(
        self,
        assignments: Sequence[Assignment],
        work: Work[Assignment, Measured],
        on_start: Callable[[Assignment], None] | None = None,
    ) -> Generator[Outcome[Assignment, Measured], None, None]:
        self._stopping = False
        if not assignments:
            return
        pickled = pickle.dumps(work)
        losses: Counter[str] = Counter()
        keep = False
        try:
            ray, actors = self._ready(pickled)
            queue = AssignmentQueue(assignments, self._traced)
            room, looked = self._room(ray), time.monotonic()
            while True:
                if time.monotonic() - looked > _GROWTH:
                    room, looked = max(self._room(ray), 1), time.monotonic()
                running = sum(actor.assignment is not None for actor in actors)
                unfinished = running + (0 if self._stopping else len(queue))
                if not unfinished:
                    keep = self._keeping
                    return
                for _ in range(min(room, unfinished) - len(actors)):
                    actors.append(Actor(ray, pickled, self._shares, self._environment))
                self._begin(actors, queue, on_start)
                pending = [actor.pending for actor in actors if actor.pending is not None]
                ray.wait(pending, num_returns=1, timeout=_TICK)
                ended = self._collect(actors, queue, losses)
                self._begin(actors, queue, on_start)
                yield from ended
        finally:
            if not keep:
                self._end_actors()

    def _ready(self, work: bytes) -> tuple[Any, list[Actor[Any]]]:
        """Return the `ray` module, connected, and the kept actors that have this work."""
        if work != self._work:
            self._end_actors()
            self._work = work
        if self._ray is None:
            self._ray = self._connection.enter_context(_connected(self._address))
        for actor in self._actors:
            if actor.pending is None:  # its node may have gone in the meantime
                actor.check()
        return self._ray, self._actors

    def _end_actors(self) -> None:
        actors, self._actors, self._ray = self._actors, [], None
        self._traced.clear()
        for actor in actors:
            actor.kill()
        self._connection.close()

    def _collect(
        self,
        actors: list[Actor[Assignment]],
        queue: AssignmentQueue[Assignment],
        losses: Counter[str],
    ) -> list[Outcome[Assignment, Any]]:
        """Return new outcomes, remove ended actors, and put back the assignments that they lost."""
        ended: list[Outcome[Assignment, Any]] = []
        for actor in list(actors):
            assignment = actor.assignment
            news = actor.poll(self._time_limit)
            if news is None:
                continue
            if self._fresh or not isinstance(news, Sent):
                actor.kill()
                actors.remove(actor)
                queue.forget(actor)
            failure = news if isinstance(news, Failure) else None
            if isinstance(news, Lost):
                failure = _after_loss(news, assignment, losses)
            if assignment is None:
                continue
            if failure is not None:
                ended.append(Outcome(assignment, None, failure))
            elif isinstance(news, Sent):
                ended.append(received(assignment, news))
            else:
                queue.put_back(assignment)
        return ended

    def _begin(
        self,
        actors: Sequence[Actor[Assignment]],
        queue: AssignmentQueue[Assignment],
        on_start: Callable[[Assignment], None] | None,
    ) -> None:
        for actor in actors:
            if self._stopping or actor.pending is not None:
                continue
            assignment = queue.take(actor)
            if assignment:
                actor.begin(assignment)
                if on_start:
                    on_start(assignment)

    def _room(self, ray: Any) -> int:
        """Count the assignments that the cluster has devices for.

        Raises:
            UsageError: it has none, and the number of jobs was not set.
        """
        if self._jobs is not None:
            return self._jobs
        devices = ray.cluster_resources()
        shares = {name: share for name, share in self._shares.items() if share > 0}
        room = min(int(devices.get(name, 0.0) / share) for name, share in shares.items())
        if room < 1:
            needed = " and ".join(f"{share:g} {name}" for name, share in shares.items())
            raise UsageError(
                f"no node of the Ray cluster has {needed} for a trial; ask for less, "
                "or say with --jobs how many to wait for"
            )
        return room


def _after_loss(
    lost: Lost, assignment: Trial | Timing | None, losses: Counter[str]
) -> Failure | None:
    """Return the failure of an assignment that lost too many workers; None if it may run again.

    Raises:
        BenchError: workers do not start.
    """
    if lost.certain:
        return None
    name = assignment.name if assignment else ""
    losses[name] += 1
    if losses[name] < LOSSES:
        return None
    if assignment is None:
        raise BenchError(f"workers do not start on the Ray cluster: {lost.reason}")
    return Failure(kind="crashed", reason=f"its worker was lost {LOSSES} times: {lost.reason}")


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Connect the `ray` module; disconnect it afterwards unless it was connected before.

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
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no study sends statistics of its use
    local: dict[str, Any] = {"include_dashboard": False}
    if address or "RAY_ADDRESS" in os.environ:
        local = {}
    else:  # without an address Ray waits for the last cluster of this machine, even a dead one
        address = "local"
    at_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        where = address or "this machine"
        reason = " ".join(str(error).split())[:300]
        raise UsageError(f"no Ray cluster answers at {where}: {reason}; see --address") from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, at_sigterm)  # Ray's own ends the command without a word
    try:
        yield ray
    finally:
        ray.shutdown()
