"""Tuning on a shortened schedule: every setting in short, then the best of each arm at full length.

The rule is the same for all arms: the default setting and the best of the others go on to the full
length; the others are hopeless. The baseline trains all of its settings at both lengths, as a check: if
the setting that the rule chooses for it is worse than its best one by more than the recipe's margin, a
short training orders settings in another way than a long one, and all settings train at full length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from bench.core.record import Record
from bench.core.study import BASELINE, Arm, Study
from bench.running.tuning import Shortening, mean_scores, point_name

SHORT = "[short]"
"""End of the name of an arm on the shortened schedule."""


class Shortened:
    """The two rounds of a tuning study; all is in both of them where nothing is shortened.

    Args:
        study: tuning study, with every setting of every arm at full length.
        arms: name of each arm that is tuned, without its settings.
        points: number of settings of each arm, the default one included.
        share: share of the steps in the first round; 1 shortens nothing.
    """

    def __init__(self, study: Study, arms: Sequence[str], points: int, share: float) -> None:
        self.study, self.share = study, share
        self.settings = {arm: [point_name(arm, n) for n in range(points)] for arm in arms}

    def first(self, _: Sequence[Record] = ()) -> Study:
        """Return the study of all settings in short, and those of the baselines at full length."""
        if self.share == 1:
            return self.study
        checked = {*self.settings[BASELINE]}
        full = [arm for arm in self.study.arms if arm.name in checked]
        return self._with([*full, *map(self._short, self.study.arms)])

    def second(self, records: Sequence[Record]) -> Study:
        """Return the study of the settings that go on, given the records of the first round."""
        kept = self.kept(records).items()
        names = {(task, name) for (task, _), settings in kept for name in settings}
        return self._with([arm for arm in self.study.arms if (arm.task, arm.name) in names])

    def kept(self, records: Sequence[Record]) -> dict[tuple[str, str], list[str]]:
        """Return (task, arm) -> its settings from which one is chosen at full length.

        They are as many for the baseline as for the other arms, although it trains all of them.
        """
        means = mean_scores(self.study, records)
        holds = {task for task, check in self.checks(records).items() if check.holds}
        return {
            (task, arm): list(_going_on(means, task, settings)) if task in holds else settings
            for task in self.study.data
            for arm, settings in self.settings.items()
        }

    def checks(self, records: Sequence[Record]) -> dict[str, Shortening]:
        """Check the shortened schedule on the baseline of each task that has all its trials."""
        means = mean_scores(self.study, records)
        settings = self.settings[BASELINE]
        checks = {}
        for task in self.study.data:
            both = [
                (means[task, name], means[task, f"{name}{SHORT}"])
                for name in settings
                if {(task, name), (task, f"{name}{SHORT}")} <= means.keys()
            ]
            if len(both) < len(settings):
                continue
            signs = [(a - b) * (c - d) for (a, c), (b, d) in combinations(both, 2)]
            chosen = max(means[task, name] for name in _going_on(means, task, settings))
            checks[task] = Shortening(
                share=self.share,
                pairs=sum(sign != 0 for sign in signs),
                ordered=sum(sign > 0 for sign in signs),
                loss=max(full for full, _ in both) - chosen,
                margin=self.study.arm(task, BASELINE).recipe["margin"],
            )
        return checks

    def _with(self, arms: Sequence[Arm]) -> Study:
        return self.study.model_copy(update={"arms": tuple(arms)})

    def _short(self, arm: Arm) -> Arm:
        """Return an arm with a share of its steps and evaluations; its schedule is as much shorter."""
        sizes = {k: max(1, round(self.share * arm.recipe[k])) for k in ("steps", "evaluations")}
        baseline = arm.reference is None
        return arm.model_copy(
            update={
                "name": f"{arm.name}{SHORT}",
                "recipe": {**arm.recipe, **sizes},
                "role": "treatment",
                "reference": arm.name if baseline else f"{arm.reference}{SHORT}",
                "treatment": tuple(f"recipe.{k}" for k in sizes) if baseline else arm.treatment,
            }
        )


def _going_on(
    means: Mapping[tuple[str, str], float], task: str, settings: Sequence[str]
) -> Iterator[str]:
    """Yield the default setting, and the best of the others by its short trials."""
    default, *others = settings
    yield default
    scores = {name: means.get((task, f"{name}{SHORT}")) for name in others}
    there = {name: score for name, score in scores.items() if score is not None}
    if there:
        yield max(there, key=there.__getitem__)
