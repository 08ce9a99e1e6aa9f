"""Simulated studies for tests of the statistics. NumPy alone: no code is shared with the engine."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

CELL = 1.0
"""Standard deviation of the noise of one answer on the latent scale."""


def paired_differences(
    random: np.random.Generator,
    effects: np.ndarray,
    trials: int,
    heterogeneity: float = 0.0,
    reference_sd: float = 1.0,
) -> np.ndarray:
    """Draw differences of arms to a reference that they share, shape (arms, trials).

    Args:
        effects: (arms,) true means.
        heterogeneity: sd of the log of the arms' own standard deviations.
        reference_sd: standard deviation of the reference; an arm's is 1 where heterogeneity is 0.
    """
    sd = np.exp(random.normal(0, heterogeneity, len(effects)))
    arms = effects[:, None] + sd[:, None] * random.normal(0, 1, (len(effects), trials))
    return arms - reference_sd * random.normal(0, 1, trials)


class Answers(NamedTuple):
    """Right and wrong answers to test examples, and the truth behind them."""

    right: np.ndarray
    """(arms, trials, examples) booleans; the first arm is the reference."""
    effects: np.ndarray
    """(arms - 1,) true differences of accuracy to the reference, as shares of all examples."""


def answers(
    random: np.random.Generator,
    levels: np.ndarray,
    trials: int,
    examples: int,
    example_sd: float = 1.0,
    arm_example_sd: float = 0.3,
    trial_sd: float = 0.05,
    arm_trial_sd: float | np.ndarray = 0.05,
) -> Answers:
    """Draw answers from a latent normal model, in which every true accuracy has a closed form.

    An example is hard for all arms (`example_sd`) and for one arm (`arm_example_sd`); a trial, that is
    a training subset and a seed, is good for all arms (`trial_sd`) and for one (`arm_trial_sd`).

    Args:
        levels: (arms,) on the latent scale; the first is the reference's.
        arm_trial_sd: one for all arms, or (arms,).
    """
    arms = len(levels)
    latent = random.standard_normal((arms, trials, examples), dtype=np.float32)
    latent += levels.astype(np.float32)[:, None, None]
    latent += random.normal(0, example_sd, examples).astype(np.float32)
    latent += random.normal(0, arm_example_sd, (arms, 1, examples)).astype(np.float32)
    latent += random.normal(0, trial_sd, (trials, 1)).astype(np.float32)
    own = np.broadcast_to(arm_trial_sd, arms)
    latent += (own[:, None, None] * random.normal(0, 1, (arms, trials, 1))).astype(np.float32)
    variance = CELL**2 + example_sd**2 + arm_example_sd**2 + trial_sd**2 + own**2
    pairs = zip(levels, variance, strict=True)
    accuracy = np.array([NormalDist().cdf(level / total**0.5) for level, total in pairs])
    return Answers(latent > 0, accuracy[1:] - accuracy[0])


def share_tolerance(share: float, count: int) -> float:
    """Return three standard errors of an observed share."""
    return 3 * float(np.sqrt(share * (1 - share) / count))
