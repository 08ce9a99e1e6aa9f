"""The rule of `bench run --until-decided`: more seeds for the arms that need them.

Intervals of a study that grows by this rule hold at any number of trials from the first look on
(`bench.stats.laws.AnyLook`). So looks need no further adjustment, and the numbers of seeds may be
chosen freely. An arm with a verdict gets no more seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.analysis import verdict
from bench.analysis.effects import effects
from bench.analysis.frames import seeds_had
from bench.analysis.pairing import contrasts, pair
from bench.core.errors import UsageError
from bench.core.study import Study

Key = tuple[str, str]
"""Task and arm."""
SETTLED = (*verdict.DECIDED, verdict.FIX_BASELINE)
"""Verdicts and their substitutes after which an arm gets no more seeds."""


@dataclass(frozen=True)
class Look:
    """Trials to train next.

    Attributes:
        undecided: (task, arm) of the family without a verdict, in the study's order.
        seeds: how many seeds each of them and its reference should have now; None at the end:
            everything is decided, or the last look was reached.
    """

    undecided: tuple[Key, ...]
    seeds: int | None


def look(study: Study, trials: pd.DataFrame) -> Look:
    """Return the next step of the rule, from the trials so far.

    A failed trial counts as trained: its seed is lost, and its arm does not wait for it.

    Raises:
        UsageError: the study has no declared family, or its data is synthetic (no verdict there).
    """
    if study.synthetic:
        raise UsageError("synthetic data gets no verdict, so no number of seeds decides; drop it")
    if not study.family:
        raise UsageError("only a declared family gets verdicts; the study declares none")
    arms = {(arm.task, arm.name) for arm in study.arms if arm.reference is not None}
    settled = _settled(study, trials)
    undecided = [key for key in dict.fromkeys(study.family) if key in arms and key not in settled]
    had = seeds_had(trials)
    least = min((_complete(study, had, key) for key in undecided), default=verdict.LOOKS[-1])
    seeds = next((number for number in verdict.LOOKS if number > least), None)
    return Look(tuple(undecided), seeds)


def _settled(study: Study, trials: pd.DataFrame) -> set[Key]:
    """Return the arms with a verdict on all their trials."""
    growing = study.model_copy(update={"sequential": True})
    compared = contrasts(study)
    rows = effects(growing, trials, pair(trials, compared), compared)
    judged = rows[rows["judged"] & rows["verdict"].isin(SETTLED)]
    return set(zip(judged["task"], judged["arm"], strict=True))


def _complete(study: Study, had: dict[Key, set[int]], key: Key) -> int:
    """Return how many of the study's first seeds both sides of a comparison have."""
    reference = study.arm(*key).reference
    shared = had.get(key, set()) & had.get((key[0], reference or key[1]), set())
    count = 0
    while count < verdict.LOOKS[-1] and shared.issuperset(study.seed_range(count + 1)):
        count += 1
    return count
