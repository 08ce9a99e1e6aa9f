"""Laws of an estimate's error, for a fixed number of trials or for looks at any number of trials.

A law turns a one-sided level into a number of standard errors, and back. `FixedLook` is Student's t.
`AnyLook` holds at all numbers of trials from the first look on, simultaneously: it is an anytime-valid
confidence sequence for a mean with unknown variance. It is the t statistic's mixture likelihood ratio
over all effect sizes alike, started at the first look (Lai 1976, Annals of Statistics 4; Wang and
Ramdas 2023, arXiv 2310.03722). With moderated variances the ratio has the moderated degrees of freedom:
the prior of the variance is then part of the model. An error that no further trial reduces (the
sampling of the test examples) enters as a smaller gain of information.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import elementwise

Array = NDArray[np.float64]


class Law(Protocol):
    """The law of errors of estimates, shape (estimates,)."""

    def critical(self, level: Array | float) -> Array:
        """Return the standard errors that an error exceeds, on one side, with this probability."""

    def p(self, t: Array) -> Array:
        """Return the smallest one-sided level whose critical value is below `t`."""


@dataclass(frozen=True)
class FixedLook:
    """Student's t: one look, at a number of trials that was fixed beforehand."""

    df: Array
    """Degrees of freedom, shape (estimates,)."""

    def critical(self, level: Array | float) -> Array:
        """Return the standard errors that an error exceeds, on one side, with this probability."""
        return np.asarray(stats.t.isf(level, self.df))

    def p(self, t: Array) -> Array:
        """Return the smallest one-sided level whose critical value is below `t`."""
        return np.asarray(stats.t.sf(t, self.df))


@dataclass(frozen=True)
class AnyLook:
    """A confidence sequence: any number of looks, at any number of trials from the first look on."""

    df: Array
    """Degrees of freedom now, shape (estimates,)."""
    first_df: Array
    """Degrees of freedom at the first look."""
    gain: Array
    """Variance of the estimate at the first look over its variance now, at least 1."""

    def critical(self, level: Array | float) -> Array:
        """Return the standard errors that an error ever exceeds, on one side, with this probability."""
        start = self._start(np.broadcast_to(np.asarray(level, dtype=float), self.df.shape))
        logs = 0.5 * np.log(self.gain) + (self.first_df + 1) / 2 * np.log1p(
            start**2 / self.first_df
        )
        return np.asarray(np.sqrt(self.df * np.expm1(2 * logs / (self.df + 1))))

    def p(self, t: Array) -> Array:
        """Return the smallest one-sided level whose critical value is below `t`; 1/2 for t <= 0."""
        above = np.maximum(t, 0.0)
        logs = (self.df + 1) / 2 * np.log1p(above**2 / self.df) - 0.5 * np.log(self.gain)
        start = np.sqrt(self.first_df * np.expm1(np.maximum(2 * logs / (self.first_df + 1), 0.0)))
        return np.asarray(np.minimum(_crossing(start, self.first_df), 0.5))

    def _start(self, level: Array) -> Array:
        """Return the critical value at the first look, of a level up to 1/2."""

        def excess(start: Array, level: Array, df: Array) -> Array:
            return _crossing(start, df) - level

        args = level, self.first_df
        ends = elementwise.bracket_root(excess, np.zeros_like(level), 1.0, xmin=0.0, args=args)
        return np.asarray(elementwise.find_root(excess, ends.bracket, args=args).x)


def _crossing(start: Array, df: Array) -> Array:
    """Return the probability that a sequence, at `start` at the first look, is ever crossed."""
    return np.asarray(stats.t.sf(start, df) + start * stats.t.pdf(start, df))
