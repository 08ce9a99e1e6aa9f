"""One worker of a Ray cluster."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple

from bench.core.failure import Failure
from bench.core.study import Timing, Trial
from bench.running.executors.executor import Assignment
from bench.running.executors.worker import LoadedWork, Sent


class Lost(NamedTuple):
    """A worker that is gone, as far as is known not because of its assignment."""

    reason: str
    certain: bool
    """True if its node died; false if its connection broke for an unknown reason."""


class Worker:
    """The process on the node."""

    def __init__(self, work: bytes) -> None:
        self._work = LoadedWork(work)

    def node(self) -> str:
        """Return the id of its node."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def perform(self, assignment: Trial | Timing) -> Sent:
        """Run one assignment."""
        return self._work(assignment)


class Actor(Generic[Assignment]):
    """The driver's view of a `Worker`: it starts, then is idle or busy, until it is lost."""

    def __init__(
        self, ray: Any, work: bytes, shares: Mapping[str, float], environment: Mapping[str, str]
    ) -> None:
        self._ray = ray
        self._handle = (
            ray.remote(Worker)
            .options(
                num_cpus=shares["CPU"],
                num_gpus=shares["GPU"],
                max_restarts=0,
                max_task_retries=0,
                runtime_env={"env_vars": dict(environment)},
            )
            .remote(work)
        )
        self._node = ""
        self._since = 0.0
        self.assignment: Assignment | None = None
        self.pending: Any = self._handle.node.remote()
        """Reference to the answer that Ray has not delivered yet; None while idle."""

    @property
    def started(self) -> bool:
        """True if it has a place on a node."""
        return bool(self._node)

    def begin(self, assignment: Assignment) -> None:
        """Give an idle actor an assignment."""
        self.assignment, self._since = assignment, time.monotonic()
        self.pending = self._handle.perform.remote(assignment)

    def check(self) -> None:
        """Ask an idle actor for a sign of life; it is idle again after the answer."""
        self.pending = self._handle.node.remote()

    def poll(self, time_limit: float | None) -> Sent | Failure | Lost | None:
        """Return the news, None if there are none; anything but `Sent` means the end of the actor."""
        if self.pending is None:
            return None
        done, _ = self._ray.wait([self.pending], timeout=0)
        if not done:
            waited = time.monotonic() - self._since
            if self.assignment and time_limit is not None and waited > time_limit:
                reason = f"ran longer than the time limit of {time_limit:g} s"
                return Failure(kind="timeout", reason=reason)
            return None
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(self.pending)
        except errors.ActorDiedError as error:
            return self._death(error)
        except errors.RayError as error:
            return Lost(_first_line(error), certain=False)
        self.pending = None
        if self.assignment is None:
            self._node = answer
            return None
        self.assignment = None
        return answer

    def kill(self) -> None:
        """End it, even in the middle of an assignment."""
        self._ray.kill(self._handle)

    def _death(self, error: Exception) -> Failure | Lost:
        """Return a failure if the assignment killed its process, else the loss of the node."""
        alive = any(n["NodeID"] == self._node and n["Alive"] for n in self._ray.nodes())
        if not self.started or not alive:
            return Lost(_first_line(error), certain=self.started)
        return Failure(kind="crashed", reason=f"its process ended: {_cause(error)}")


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _cause(error: Exception) -> str:
    """Return Ray's description of a worker's end, without the details of the actor."""
    text = _first_line(error) if "exit type" not in str(error) else " ".join(str(error).split())
    return text.partition("Worker exit type: ")[2][:300] or text
