"""One worker of a Ray cluster."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from bench.core.failure import Failure
from bench.core.study import Trial
from bench.running.executors.worker import Job, Sent


class Lost(NamedTuple):
    """A worker is gone, and its trial, as far as anybody knows, is not to blame."""

    reason: str
    certain: bool
    """Its node died; else its connection broke, nobody knows why."""


class Worker:
    """What runs on the node."""

    def __init__(self, work: bytes) -> None:
        self._job = Job(work)

    def node(self) -> str:
        """The id of the node where this is."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def perform(self, trial: Trial) -> Sent:
        """Runs one trial."""
        return self._job(trial)


class Actor:
    """A `Worker` as the driver sees it: starting, then idle or running a trial, until it is lost."""

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
        self.trial: Trial | None = None
        self.pending: Any = self._handle.node.remote()
        """What Ray still owes; None while idle."""

    @property
    def started(self) -> bool:
        return bool(self._node)

    def begin(self, trial: Trial) -> None:
        """Runs a trial; only for an idle one."""
        self.trial, self._since = trial, time.monotonic()
        self.pending = self._handle.perform.remote(trial)

    def poll(self, time_limit: float | None) -> Sent | Failure | Lost | None:
        """What its trial came to, None while there is nothing new; all but `Sent` is its end."""
        if self.pending is None:
            return None
        done, _ = self._ray.wait([self.pending], timeout=0)
        if not done:
            waited = time.monotonic() - self._since
            if self.trial and time_limit is not None and waited > time_limit:
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
        if self.trial is None:
            self._node = answer
            return None
        self.trial = None
        return answer

    def kill(self) -> None:
        """Ends it, whatever it is doing."""
        self._ray.kill(self._handle)

    def _death(self, error: Exception) -> Failure | Lost:
        """Whether the trial killed its process, or the node died under it."""
        alive = any(n["NodeID"] == self._node and n["Alive"] for n in self._ray.nodes())
        if not self.started or not alive:
            return Lost(_first_line(error), certain=self.started)
        return Failure(kind="crashed", reason=f"its process ended: {_cause(error)}")


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _cause(error: Exception) -> str:
    """What Ray knows about a worker's end, without the actor's particulars."""
    text = _first_line(error) if "exit type" not in str(error) else " ".join(str(error).split())
    return text.partition("Worker exit type: ")[2][:300] or text
