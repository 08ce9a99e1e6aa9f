"""What one `bench run` asked for: arms, seeds, what is compared with what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bench.core.errors import UsageError
from bench.core.record import Count, Finite, Name, Schema, Use, trial_name

SCHEMA = 1
BASELINE = "baseline"
TUNED = "[tuned]"
"""Ends the name of an arm with the settings of `bench tune`."""
SMOKE_SEEDS = 5
"""With fewer, a study is a smoke run, which gets no verdicts."""
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.+=-]{0,119}$"
"""Of a study, which is a folder under the results: it cannot leave them."""


class Arm(Schema):
    """A task with a set of strategies switched on."""

    task: Name
    name: Name
    """`baseline`, `mixup`, `mixup+cutmix`, `mixup[alpha=0.4]`, `baseline[A/A]`."""
    strategies: tuple[Use, ...] = ()
    """All of them in the order of composition, those of the study's base included."""
    recipe: dict[str, Any]
    role: Literal["baseline", "treatment", "control"] = "treatment"
    reference: Name | None = None
    """The arm that this one is compared with (same task); null for a baseline."""
    treatment: tuple[Name, ...] = ()
    """What may differ from the reference: `strategies`, `streams`, `recipe.learning_rate`, ..."""
    streams: int = 0


class NotApplicable(Schema):
    """An arm that was asked for and cannot be, with the reason."""

    task: Name
    arm: Name
    reason: str


class Trial(Schema):
    """One arm to train with one seed."""

    arm: Arm
    seed: Count

    @property
    def name(self) -> str:
        return trial_name(self.arm.task, self.arm.name, self.seed)


class Study(Schema):
    """Arms and seeds, what they are judged by, and where they ran: `study.json`."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(pattern=NAME)]
    profile: Name
    data: dict[str, str]
    """Task -> `tfds:cifar10:3.0.2` or `synthetic:...`."""
    synthetic: bool
    design: Name = "one-in"
    base: tuple[Use, ...] = ()
    arms: tuple[Arm, ...]
    not_applicable: tuple[NotApplicable, ...] = ()
    seeds: Annotated[int, Field(ge=1, le=100_000)]
    family: tuple[tuple[Name, Name], ...] = ()
    """The confirmatory family, declared before the study ran: (task, arm) pairs."""
    margin: dict[str, Finite] = {}
    """Task -> margin of practical relevance, percentage points of test accuracy."""
    sequential: bool = False
    """Seeds were added by the rule of `bench.analysis.looks`, which judges at a quarter of alpha."""
    seeds_before: tuple[int, ...] = ()
    """Numbers of seeds at which the study was whole, and judged, before more were asked for."""
    settings: dict[str, Any] = {}
    environment: dict[str, Any] = {}
    created: str = ""
    """UTC, ISO 8601."""

    def trials(self) -> list[Trial]:
        """Every trial, seed by seed, so that a study that is cut short has whole comparisons."""
        return [Trial(arm=arm, seed=seed) for seed in range(self.seeds) for arm in self.arms]

    def is_judged(self) -> bool:
        """Whether its report has verdicts once it is whole, all at one number of seeds."""
        wanted = bool(self.family) and self.seeds >= SMOKE_SEEDS
        return wanted and not (self.synthetic or self.sequential)

    def arm(self, task: str, name: str) -> Arm:
        for arm in self.arms:
            if (arm.task, arm.name) == (task, name):
                return arm
        raise KeyError((task, name))

    def extended(self, other: Study) -> Study:
        """This study with what `other` asks for beside it.

        Raises:
            UsageError: the two have the same name and differ in data, recipe, base or settings.
        """
        for field in ("profile", "data", "base", "settings", "margin"):
            mine, theirs = getattr(self, field), getattr(other, field)
            if isinstance(mine, dict):
                shared = mine.keys() & theirs.keys()
                clash = field == "settings" and mine != theirs
                clash = clash or any(mine[key] != theirs[key] for key in shared)
            else:
                clash = mine != theirs
            if clash:
                raise UsageError(
                    f"study {self.name!r} exists with another {field} "
                    f"({mine!r}, asked for: {theirs!r}); choose another --name"
                )
        arms = {(arm.task, arm.name): arm for arm in self.arms}
        for arm in other.arms:
            known = arms.setdefault((arm.task, arm.name), arm)
            if known != arm:
                changed = [f for f in Arm.model_fields if getattr(known, f) != getattr(arm, f)]
                raise UsageError(
                    f"study {self.name!r} exists with another {' and '.join(changed)} of arm "
                    f"{arm.name!r} on {arm.task!r}; choose another --name"
                )
        reasons = {(n.task, n.arm): n for n in (*self.not_applicable, *other.not_applicable)}
        return self.model_copy(
            update={
                "arms": tuple(arms.values()),
                "not_applicable": tuple(reasons.values()),
                "data": {**self.data, **other.data},
                "margin": {**self.margin, **other.margin},
                "seeds": max(self.seeds, other.seeds),
                "sequential": self.sequential or other.sequential,
            }
        )
