"""What an executor is: it runs trials somewhere and hands back what each one measured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from bench.core.failure import Failure
from bench.core.record import PeakMemory, Record, StepTime
from bench.core.study import Trial

Measured = TypeVar("Measured", Record, StepTime, PeakMemory)
Measured_co = TypeVar("Measured_co", Record, StepTime, PeakMemory, covariant=True)


class Outcome(NamedTuple, Generic[Measured]):
    """A trial and either what it measured or why it measured nothing."""

    trial: Trial
    record: Measured | None
    failure: Failure | None


class Work(Protocol[Measured_co]):
    """Runs one trial in a worker.

    It is pickled, and unpickled once a worker process: what it keeps on itself (traced arms) lives
    as long as that process.
    """

    def __call__(self, trial: Trial) -> Measured_co: ...


class Executor(Protocol):
    """Runs trials; a trial that crashes, hangs or raises costs that trial alone."""

    def run(
        self,
        trials: Sequence[Trial],
        work: Work[Measured],
        on_start: Callable[[Trial], None] | None = None,
    ) -> Generator[Outcome[Measured], None, None]:
        """Outcomes in the order in which trials end.

        After `stop`, trials that have not begun have no outcome. Closing the iterator (or an
        exception in its consumer) ends all workers at once.
        """
        ...

    def stop(self) -> None:
        """Begins no more trials; those that run still end. Safe in a signal handler."""
        ...
