"""The interface of an executor: it runs assignments somewhere and returns their measurements."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from bench.core.failure import Failure
from bench.core.record import PeakMemory, Record, StepTime
from bench.core.study import Timing, Trial

Assignment = TypeVar("Assignment", Trial, Timing)
"""A piece of work for one worker: a trial to train, or an arm to time in a numbered process."""
Assignment_contra = TypeVar("Assignment_contra", Trial, Timing, contravariant=True)
Measured = TypeVar("Measured", Record, StepTime, PeakMemory)
Measured_co = TypeVar("Measured_co", Record, StepTime, PeakMemory, covariant=True)


class Outcome(NamedTuple, Generic[Assignment, Measured]):
    """An assignment with its measurements or its failure."""

    assignment: Assignment
    record: Measured | None
    failure: Failure | None


class Work(Protocol[Assignment_contra, Measured_co]):
    """A function that a worker applies to each of its assignments.

    Each worker process unpickles it once. Its attributes, such as traced arms, live as long as that
    process.
    """

    def __call__(self, assignment: Assignment_contra, /) -> Measured_co: ...


class Executor(Protocol):
    """A runner of assignments. One that crashes, hangs or raises affects no other one.

    As a context manager it keeps its workers, and the arms that they have traced, from one `run` to
    the next of equal work. Without, they end with their `run`.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None:
        """End the workers."""
        ...

    @property
    def has_workers(self) -> bool:
        """True if workers of an earlier `run` wait for the next one."""
        ...

    def run(
        self,
        assignments: Sequence[Assignment],
        work: Work[Assignment, Measured],
        on_start: Callable[[Assignment], None] | None = None,
    ) -> Generator[Outcome[Assignment, Measured], None, None]:
        """Yield outcomes in the order in which assignments end.

        After `stop`, assignments that were not started have no outcome. Closing the generator, or an
        exception in its consumer, ends all workers at once.
        """
        ...

    def stop(self) -> None:
        """Start no more assignments; let running ones end. This is safe in a signal handler."""
        ...
