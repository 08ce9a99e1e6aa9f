"""Tuning on a shortened schedule: every setting in short, then the best of each arm at full length.

The rule is the same for all arms: the default setting and the best of the others go on to the full
length; the rest is dropped. The baseline trains all of its settings at both lengths, as a check: if
short trainings choose one that is clearly worse than its best other setting, all settings of all arms
train at full length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from bench.core.metrics import objective_for
from bench.core.record import Record
from bench.core.study import BASELINE, Study
from bench.running.tuning import Shortening, mean_scores, point_name

SHORT = "short"
"""Name of the study of short trials, and of its folder inside that of the tuning study."""
SHORTENED = ("steps", "evaluations")
LOSS = 1.0
"""Most that the choice by short trainings may cost the baseline, in units of the score.

A point of accuracy, or a hundredth of a nat. On one seed and some thousand validation examples, settings
of equal worth differ by half of that.
"""


def short_study(study: Study, share: float) -> Study:
    """Return a tuning study with a share of the steps; the schedule is as much shorter."""
    arms = []
    for arm in study.arms:
        sizes = {name: max(1, round(share * arm.recipe[name])) for name in SHORTENED}
        arms.append(arm.model_copy(update={"recipe": {**arm.recipe, **sizes}}))
    return study.model_copy(update={"name": SHORT, "arms": tuple(arms)})


class Settings(NamedTuple):
    """The settings that an arm of a task tries."""

    task: str
    arm: str
    names: tuple[str, ...]
    """The default setting first."""


class Shortened:
    """The choice of settings by short trials.

    Args:
        study: tuning study, with every setting of every arm at full length.
        arms: name of each arm that is tuned, without its settings.
        points: number of settings of each arm, the default one included.
        share: share of the steps of the short trials.
        records: records of the short trials.
    """

    def __init__(
        self,
        study: Study,
        arms: Sequence[str],
        points: int,
        share: float,
        records: Sequence[Record],
    ) -> None:
        self.study, self.share = study, share
        self.short = mean_scores(study, records)
        planned = {(arm.task, arm.name) for arm in study.arms}
        self.settings = [
            Settings(task, arm, tuple(point_name(arm, number) for number in range(points)))
            for task in study.data
            for arm in arms
            if (task, arm) in planned
        ]

    def going_on(self) -> Study:
        """Return the study of the settings that go on, and of all those of the baselines.

        Without short trials it is the whole study.
        """
        if self.share == 1:
            return self.study
        names = {
            (s.task, name)
            for s in self.settings
            for name in (s.names if s.arm == BASELINE else self._kept(s))
        }
        return self._with(names)

    def kept(self, checks: Mapping[str, Shortening | None]) -> dict[tuple[str, str], list[str]]:
        """Return (task, arm) -> its settings from which one is chosen at full length.

        They are as many for the baseline as for the other arms, although it trains all of them. Where
        the check of a task does not hold, they are all settings.
        """
        holds = {task for task, check in checks.items() if check is not None and check.holds}
        return {
            (s.task, s.arm): list(self._kept(s)) if s.task in holds else list(s.names)
            for s in self.settings
        }

    def chosen_from(self, kept: Mapping[tuple[str, str], Sequence[str]]) -> Study:
        """Return the study of the settings from which the choice is made, and of the baselines'."""
        of_baselines = {(s.task, n) for s in self.settings if s.arm == BASELINE for n in s.names}
        of_arms = {(task, name) for (task, _), names in kept.items() for name in names}
        return self._with(of_baselines | of_arms)

    def checks(self, records: Sequence[Record]) -> dict[str, Shortening | None]:
        """Check the choice on the baseline of each task; none without short trials.

        The default setting goes on in any case, so the check is one of the others. It is None where the
        baseline lacks a trial.
        """
        if self.share == 1:
            return {}
        full = mean_scores(self.study, records)
        unit = objective_for(self.study.metric).unit
        checks: dict[str, Shortening | None] = {}
        for s in self.settings:
            if s.arm != BASELINE:
                continue
            if any((s.task, n) not in scores for n in s.names for scores in (full, self.short)):
                checks[s.task] = None
                continue
            both = [(full[s.task, name], self.short[s.task, name]) for name in s.names]
            signs = [(a - b) * (c - d) for (a, c), (b, d) in combinations(both, 2)]
            _, *others = s.names
            chosen = max(others, key=lambda name: self.short[s.task, name])
            checks[s.task] = Shortening(
                pairs=sum(sign != 0 for sign in signs),
                ordered=sum(sign > 0 for sign in signs),
                loss=max(value for value, _ in both[1:]) - full[s.task, chosen],
                most=LOSS,
                unit=unit,
            )
        return checks

    def _with(self, names: set[tuple[str, str]]) -> Study:
        arms = tuple(arm for arm in self.study.arms if (arm.task, arm.name) in names)
        return self.study.model_copy(update={"arms": arms})

    def _kept(self, settings: Settings) -> Iterator[str]:
        """Yield the default setting, and the best of the others by its short trials."""
        default, *others = settings.names
        yield default
        there = [name for name in others if (settings.task, name) in self.short]
        if there:
            yield max(there, key=lambda name: self.short[settings.task, name])


def steps(study: Study) -> int:
    """Count the steps of all trials of a study."""
    return sum(trial.arm.recipe["steps"] for trial in study.trials())
