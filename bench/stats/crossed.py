"""Trials and test examples as crossed random effects of a difference.

A new study would have other trials (training examples, seeds) and other test examples. The variance of
a mean over both has a part from each. Source: Searle, Casella and McCulloch 1992, Variance Components,
chapter 4 (two-way crossed, one observation a cell).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Components(NamedTuple):
    """Parts of the variance of a mean difference over trials and test examples."""

    examples: int
    """Test examples."""
    residual_variance: float
    """Variance of a trial's mean from sampling its test examples alone."""
    example_variance: float
    """Variance of the mean from test examples that are hard or easy for all trials alike."""


def components(d: NDArray[np.integer]) -> Components:
    """Decompose the variance of a mean difference.

    Args:
        d: (trials, examples), at least two of each: 1, 0 or -1, or any small whole numbers.
    """
    trials, examples = d.shape
    by_trial, by_example = d.mean(axis=1), d.mean(axis=0)
    mean = float(by_trial.mean())
    trial_variance = float(by_trial.var(ddof=1))
    example_mean_square = trials * float(by_example.var(ddof=1))
    squares = float(np.square(d, dtype=np.int32).sum()) - d.size * mean**2
    residual = squares - (trials - 1) * examples * trial_variance
    residual -= (examples - 1) * example_mean_square
    residual_mean_square = max(residual, 0.0) / ((trials - 1) * (examples - 1))
    return Components(
        examples=examples,
        residual_variance=residual_mean_square / examples,
        example_variance=max(0.0, example_mean_square - residual_mean_square) / d.size,
    )


def added(first: Array, first_df: Array, second: Array, second_df: Array) -> tuple[Array, Array]:
    """Add two independent variances of a mean; return the sum and its degrees of freedom.

    Degrees of freedom by Satterthwaite 1946, Biometrics Bulletin 2. All arguments have one shape.
    """
    total = first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / (first**2 / first_df + second**2 / second_df)
    return total, np.where(total > 0, df, first_df)
