"""Correctly classified test examples, so that intervals cover the sampling of the test split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.core.bits import unpacked
from bench.stats.crossed import Components, components


class Correctness:
    """The answers of trials, unpacked when they are first needed."""

    def __init__(self, trials: pd.DataFrame) -> None:
        """Take a frame of trials (`bench.analysis.frames.trials_frame`)."""
        self._coded: list[str] = [x if isinstance(x, str) else "" for x in trials["correct"]]
        self._sizes = trials["class_total"].tolist()

    def comparable(self, *sides: Sequence[int]) -> bool:
        """Return true if all these trials have recorded their answers to one test split."""
        rows = [row for side in sides for row in side]
        first = self._sizes[rows[0]] if rows else ()
        return all(self._coded[row] and self._sizes[row] == first for row in rows)

    def parts(self, weights: Sequence[float], *sides: Sequence[int]) -> Components | None:
        """Return the variance components of a weighted sum of arms' answers.

        Args:
            weights: whole numbers, one for each side: 1 and -1 for a difference.
            sides: positions in the frame of trials, the same trials in each.

        Returns:
            None with fewer than two trials or examples, or where answers are not recorded.
        """
        if len(sides[0]) < 2 or not self.comparable(*sides):
            return None
        count = int(sum(self._sizes[sides[0][0]]))
        if count < 2:
            return None
        total = np.zeros((len(sides[0]), count), dtype=np.int8)
        for weight, side in zip(weights, sides, strict=True):
            for trial, row in enumerate(side):
                total[trial] += np.int8(weight) * unpacked(self._coded[row], count)
        return components(total)
