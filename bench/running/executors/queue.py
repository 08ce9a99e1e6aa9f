"""The order in which workers take assignments."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic

from bench.running.executors.executor import Assignment

Key = tuple[str, str]


class AssignmentQueue(Generic[Assignment]):
    """Waiting assignments, given out so that a worker gets the arms that it has already traced.

    Replicates (seeds, processes) come in order, so that an interrupted study has complete
    comparisons. Among the lowest waiting replicate a worker takes an arm of its own, else an arm
    without a worker. Otherwise it takes an arm of its own of the next replicate, else the first
    assignment that waits.

    Args:
        traced: worker -> the arms that it has traced, kept up to date.
    """

    def __init__(
        self, assignments: Sequence[Assignment], traced: dict[Hashable, set[Key]] | None = None
    ) -> None:
        self._waiting: list[Assignment] = list(assignments)
        self._traced = {} if traced is None else traced

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, worker: Hashable) -> Assignment | None:
        """Remove and return the next assignment of a worker; None if none waits."""
        if not self._waiting:
            return None
        own = self._traced.setdefault(worker, set())
        lowest = self._waiting[0].replicate
        index = self._first(lowest, own)
        if index is None:
            untraced = {_key(a) for a in self._upto(lowest)} - set().union(*self._traced.values())
            index = self._first(lowest, untraced)
        if index is None:
            index = self._first(lowest + 1, own)
        assignment = self._waiting.pop(index or 0)
        own.add(_key(assignment))
        return assignment

    def put_back(self, assignment: Assignment) -> None:
        """Return an assignment that never ran; it is taken next."""
        self._waiting.insert(0, assignment)

    def forget(self, worker: Hashable) -> None:
        """Drop the arms of a worker that was replaced."""
        self._traced.pop(worker, None)

    def _upto(self, replicate: int) -> list[Assignment]:
        """Return the assignments in front, up to a replicate."""
        for index, assignment in enumerate(self._waiting):
            if assignment.replicate > replicate:
                return self._waiting[:index]
        return self._waiting

    def _first(self, replicate: int, arms: set[Key]) -> int | None:
        """Find the first assignment of some arms, up to a replicate."""
        places = (i for i, a in enumerate(self._upto(replicate)) if _key(a) in arms)
        return next(places, None)


def _key(assignment: Assignment) -> Key:
    return assignment.arm.task, assignment.arm.name
