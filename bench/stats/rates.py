"""Rates of rare events, exactly. Sources: Clopper and Pearson 1934; McNemar 1947."""

from __future__ import annotations

from scipy import stats


def exact_interval(events: int, trials: int, alpha: float = 0.05) -> tuple[float, float]:
    """Return the exact interval of a rate; 0 to 1 without trials."""
    low = stats.beta.ppf(alpha / 2, events, trials - events + 1) if events else 0.0
    high = stats.beta.isf(alpha / 2, events + 1, trials - events) if events < trials else 1.0
    return float(low), float(high)


def paired_rates(arm_only: int, reference_only: int) -> float:
    """Return the exact two-sided p of equal rates, from the trials in which only one side had the event.

    1 without such a trial.
    """
    discordant = arm_only + reference_only
    return float(stats.binomtest(arm_only, discordant).pvalue) if discordant else 1.0
