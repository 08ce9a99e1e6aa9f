"""Which trial a worker takes next."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from bench.core.study import Trial

Key = tuple[str, str]


class TrialQueue:
    """Trials that wait, given out so that a worker meets again the arms it has traced.

    Seed by seed, so that a study that is cut short has whole comparisons. Within the lowest waiting
    seed a worker takes an arm of its own, else one that no worker has, else one of its own of the
    next seed, else the first that waits, whosoever it was.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._waiting = list(trials)
        self._owned: dict[Hashable, set[Key]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, worker: Hashable) -> Trial | None:
        """The next trial for `worker`, or None where none waits."""
        if not self._waiting:
            return None
        mine = self._owned.setdefault(worker, set())
        everyones = set().union(*self._owned.values())
        lowest = self._waiting[0].seed
        index = self._first(lowest, mine)
        if index is None:
            fresh = {_key(trial) for trial in self._window(lowest)} - everyones
            index = self._first(lowest, fresh)
        if index is None:
            index = self._first(lowest + 1, mine)
        trial = self._waiting.pop(index or 0)
        mine.add(_key(trial))
        return trial

    def put_back(self, trial: Trial) -> None:
        """`trial` never ran: it is the next to be taken."""
        self._waiting.insert(0, trial)

    def forget(self, worker: Hashable) -> None:
        """`worker` was replaced: its arms are nobody's."""
        self._owned.pop(worker, None)

    def _window(self, last_seed: int) -> list[Trial]:
        """The trials in front, up to a seed."""
        for index, trial in enumerate(self._waiting):
            if trial.seed > last_seed:
                return self._waiting[:index]
        return self._waiting

    def _first(self, last_seed: int, arms: set[Key]) -> int | None:
        for index, trial in enumerate(self._window(last_seed)):
            if _key(trial) in arms:
                return index
        return None


def _key(trial: Trial) -> Key:
    return trial.arm.task, trial.arm.name
