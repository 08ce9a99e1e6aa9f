"""Estimates of the values of stacks from the trials of a choice, with their uncertainty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.advising.rounds import Observation, Stack
from bench.stats.additive import Trials, Values, centered, spreads, values


@dataclass(frozen=True)
class Estimates:
    """Estimated values of stacks, in the unit of the scores."""

    rows: dict[Stack, int]
    values: Values

    def gain(self, before: Stack, after: Stack) -> tuple[float, float]:
        """Return the gain of one stack over another, and its standard deviation."""
        return self.values.difference(self.rows[after], self.rows[before])


class Evidence:
    """The trials of a choice.

    Args:
        techniques: names of all techniques of the choice.
        observations: ended trials.

    Attributes:
        tried: stacks with a score.
        failed: stacks all of whose trials failed.
    """

    def __init__(self, techniques: Sequence[str], observations: Iterable[Observation]) -> None:
        self.techniques = {name: place for place, name in enumerate(techniques)}
        ended = list(observations)
        self.trials = [o for o in ended if o.score is not None]
        self.tried = dict.fromkeys(o.stack for o in self.trials)
        self.failed = {o.stack for o in ended} - self.tried.keys()
        self.spreads = spreads(*self._arrays(list(self.tried)))

    def estimates(self, stacks: Iterable[Stack] = ()) -> Estimates:
        """Estimate the values of some stacks, of the baseline and of all tried stacks."""
        rows = list(dict.fromkeys([(), *self.tried, *stacks]))
        estimated = values(*self._arrays(rows), self.spreads)
        return Estimates({stack: row for row, stack in enumerate(rows)}, estimated)

    def _arrays(self, stacks: Sequence[Stack]) -> tuple[NDArray[np.bool_], Trials]:
        row = {stack: number for number, stack in enumerate(stacks)}
        parts = np.zeros((len(stacks), len(self.techniques)), dtype=bool)
        for stack, number in row.items():
            parts[number, [self.techniques[name] for name in stack]] = True
        return parts, centered(
            len(stacks),
            np.array([row[o.stack] for o in self.trials], dtype=np.intp),
            np.array([o.seed for o in self.trials]),
            np.array([o.score for o in self.trials], dtype=float),
        )
