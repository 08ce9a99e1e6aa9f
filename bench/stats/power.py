"""How many seeds a question needs, and what a number of seeds can find.

Power of the paired t test from statsmodels. The sd of a small study is itself uncertain, so seeds
are planned with an upper bound of it (80%, one-sided: Browne 1995, Statistics in Medicine 14).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from scipy import stats
from statsmodels.stats.power import TTestPower

POWER = 0.8
SD_CONFIDENCE = 0.8
MOST_SEEDS = 100_000
_T_TEST = TTestPower()


def sd_upper(sd: float, n: int, confidence: float = SD_CONFIDENCE) -> float:
    """Upper one-sided confidence bound of a normal sd, from the sd of n differences."""
    if n < 2:
        return math.nan
    return sd * math.sqrt((n - 1) / stats.chi2.ppf(1 - confidence, n - 1))


def power(difference: float, sd: float, n: int, alpha: float) -> float:
    """Power of the two-sided paired t test for a true mean difference, n seeds."""
    return float(_T_TEST.power(difference / sd, n, alpha, alternative="two-sided"))


def detectable(sd: float, n: int, alpha: float) -> float:
    """The smallest true difference that n seeds find with 80% power, in the unit of `sd`."""
    return sd * _standard_detectable(n, alpha) if n >= 2 and sd > 0 else math.nan


@lru_cache(maxsize=4096)
def _standard_detectable(n: int, alpha: float) -> float:
    low, high = 0.0, 1.0
    while power(high, 1.0, n, alpha) < POWER:
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, 1.0, n, alpha) >= POWER else (middle, high)
    return high


def seeds_for_difference(sd: float, difference: float, alpha: float) -> float:
    """Seeds with which a true difference of this size is found with 80% power at `alpha`."""
    return _seeds(sd, difference, lambda ratio: _difference(ratio, alpha))


def seeds_for_equivalence(sd: float, margin: float, alpha: float) -> float:
    """Seeds with which no difference is shown to lie within the margin with 80% power.

    Two one-sided tests at a true difference of 0: each needs power 90%. At sd 1 and margin 0.5 it
    takes 36 seeds.
    """
    return _seeds(sd, margin, lambda ratio: _equivalence(ratio, alpha))


def _seeds(sd: float, size: float, solve: Callable[[float], int]) -> float:
    if not (sd >= 0 and size > 0):
        return math.nan
    ratio = max(sd / size, 0.05)
    digits = 2 - math.floor(math.log10(ratio))
    return solve(math.ceil(ratio * 10**digits - 1e-9) / 10**digits)


@lru_cache(maxsize=4096)
def _difference(ratio: float, alpha: float) -> int:
    return _smallest(lambda n: power(1.0, ratio, n, alpha) >= POWER)


@lru_cache(maxsize=4096)
def _equivalence(ratio: float, alpha: float) -> int:
    each = 1 - (1 - POWER) / 2
    return _smallest(lambda n: _T_TEST.power(1 / ratio, n, alpha, alternative="larger") >= each)


def _smallest(enough: Callable[[int], bool]) -> int:
    high = 2
    while high < MOST_SEEDS and not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return min(high, MOST_SEEDS)
