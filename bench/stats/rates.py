"""Rates of rare events, exactly. Sources: Clopper and Pearson 1934; McNemar 1947."""

from __future__ import annotations

from scipy import stats


def exact_interval(events: int, trials: int, alpha: float = 0.05) -> tuple[float, float]:
    """Return the exact interval of a rate; 0 to 1 without trials."""
    if not trials:
        return 0.0, 1.0
    interval = stats.binomtest(events, trials).proportion_ci(1 - alpha, method="exact")
    return float(interval.low), float(interval.high)


def paired_rates(arm_only: int, reference_only: int) -> float:
    """Return the exact two-sided p of equal rates, from the trials in which only one side had the event.

    1 without such a trial.
    """
    discordant = arm_only + reference_only
    return float(stats.binomtest(arm_only, discordant).pvalue) if discordant else 1.0
