"""More seeds where they are needed, by a rule that is fixed beforehand.

Looks at 6, 10, 16 and 24 seeds, each at a quarter of alpha (a union bound, so that looking several
times costs no false positives). An arm whose verdict is reached at a look gets no more seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.analysis import verdict
from bench.analysis.effects import effects
from bench.analysis.frames import seeds_had
from bench.analysis.pairing import contrasts, pair
from bench.analysis.verdict import LOOKS
from bench.core.errors import UsageError
from bench.core.metric import judged_metric
from bench.core.study import Study

ALPHA = verdict.ALPHA / len(LOOKS)
"""Of each look; pass it to `bench.analysis.analysis.analyse` for a study that grew by this rule."""


@dataclass(frozen=True)
class Look:
    """What to train next.

    Attributes:
        undecided: (task, arm) of the family without a verdict, in the study's order.
        seeds: how many seeds each of them and its reference should have now; None at the end:
            everything is decided, or the last look was reached.
    """

    undecided: tuple[tuple[str, str], ...]
    seeds: int | None


def look(study: Study, trials: pd.DataFrame) -> Look:
    """The next step of the sequential rule, from the trials there are.

    The declared family is judged on the seeds of the last look that all its undecided arms have
    reached. A trial that failed counts as had: its seed is lost, and its arm does not wait for it.

    Raises:
        UsageError: the study has no declared family, or its data is synthetic (no verdict there).
    """
    if study.synthetic:
        raise UsageError("synthetic data gets no verdict, so no number of seeds decides; drop it")
    if not study.family:
        raise UsageError("only a declared family gets verdicts; the study declares none")
    undecided = [key for key in dict.fromkeys(study.family) if _is_arm(study, key)]
    had = seeds_had(trials)
    for seeds in LOOKS:
        if any(not _reached(study, had, key, seeds) for key in undecided):
            return Look(tuple(undecided), seeds)
        undecided = [key for key in undecided if key not in _decided(study, trials, seeds)]
        if not undecided:
            return Look((), None)
    return Look(tuple(undecided), None)


def _is_arm(study: Study, key: tuple[str, str]) -> bool:
    return key in {(arm.task, arm.name) for arm in study.arms if arm.reference is not None}


def _reached(
    study: Study, had: dict[tuple[str, str], set[int]], key: tuple[str, str], seeds: int
) -> bool:
    reference = study.arm(*key).reference
    assert reference is not None
    both = had.get(key, set()) & had.get((key[0], reference), set())
    return both.issuperset(range(seeds))


def _decided(study: Study, trials: pd.DataFrame, seeds: int) -> set[tuple[str, str]]:
    """The arms of the family that have a verdict at a look, from its seeds alone."""
    wanted = contrasts(study)
    seen = trials[trials["seed"] < seeds].reset_index(drop=True)
    judged = effects(study, seen, pair(seen, wanted), wanted, ALPHA)
    found = judged[
        (judged["metric"] == judged_metric().name) & judged["verdict"].isin(verdict.DECIDED)
    ]
    return set(zip(found["task"], found["arm"], strict=True))
