"""A study: its arms, its seeds, and the comparisons that judge it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bench.core.errors import UsageError
from bench.core.metric import JUDGED, Metric
from bench.core.record import Count, Finite, Name, Schema, Use, trial_name

SCHEMA = 1
BASELINE = "baseline"
TUNED = "[tuned]"
"""End of the name of an arm with the settings of `bench tune`."""
EQUAL_TIME = "equal time"
"""Declared difference of an arm that trains for the baseline's seconds."""
ADVISED = "advised"
"""Design of a study that confirms what `bench advise` chose."""
MOST_SEEDS = 100_000
SMOKE_SEEDS = 5
"""Seeds below which a study is a smoke run and gets no verdicts."""
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.+=-]{0,119}$"
"""Pattern of a study's name. It names a folder under the results, so it holds no separator."""


class Arm(Schema):
    """A task with a set of strategies switched on."""

    task: Name
    name: Name
    """`baseline`, `mixup`, `mixup+cutmix`, `mixup[alpha=0.4]`, `baseline[A/A]`."""
    strategies: tuple[Use, ...] = ()
    """All strategies in the order of composition, with those of the study's base."""
    recipe: dict[str, Any]
    role: Literal["baseline", "treatment", "control"] = "treatment"
    reference: Name | None = None
    """Arm of the same task that this arm is compared with; null for a baseline."""
    treatment: tuple[Name, ...] = ()
    """Declared differences from the reference: `strategies`, `streams`, `recipe.learning_rate`, ..."""
    streams: int = 0
    code: dict[str, str] = {}
    """`suite`, `task NAME`, `strategy NAME` -> version or hash; empty in studies of older versions."""


class NotApplicable(Schema):
    """An arm that cannot be on its task, with the reason."""

    task: Name
    arm: Name
    reason: str


class Trial(Schema):
    """One arm to train with one seed."""

    arm: Arm
    seed: Count

    @property
    def name(self) -> str:
        """Return the name of its files."""
        return trial_name(self.arm.task, self.arm.name, self.seed)

    @property
    def replicate(self) -> int:
        """Return its number among the trials of the arm: the seed."""
        return self.seed


class Timing(Schema):
    """One arm to time, or whose memory to measure, in one numbered process."""

    arm: Arm
    process: Count

    @property
    def name(self) -> str:
        """Return the name of its files."""
        return trial_name(self.arm.task, self.arm.name, self.process)

    @property
    def replicate(self) -> int:
        """Return its number among the timings of the arm: the process."""
        return self.process


class Seen(Schema):
    """Seeds on which an arm's effect was looked at in an earlier study."""

    task: Name
    arm: Name
    study: Name
    """Name of the earlier study."""
    seeds: tuple[Count, ...]


class OwnTask(Schema):
    """A task by address: everything that another process needs to make it again."""

    address: str
    """`csv:reviews.csv`, as typed."""
    options: dict[str, str] = {}
    """Options of the data without `data.`: `size`, `text`, ..."""
    model: str | None = None
    """`module:function` or `FILE.py:function`; null for a network of the suite."""
    inside: tuple[str, ...] = ()
    """Regularizing and normalizing layers of the model."""
    class_names: tuple[str, ...] = ()
    """Names of the classes by number."""


class Study(Schema):
    """Arms, seeds and declared comparisons: `study.json`."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(pattern=NAME)]
    profile: Name
    data: dict[str, str]
    """Task -> `tfds:cifar10:3.0.2` or `synthetic:...`."""
    synthetic: bool
    own_tasks: dict[str, OwnTask] = {}
    """Tasks made from addresses, by name."""
    design: Name = "one-in"
    base: tuple[Use, ...] = ()
    arms: tuple[Arm, ...]
    not_applicable: tuple[NotApplicable, ...] = ()
    seeds: Annotated[int, Field(ge=1, le=MOST_SEEDS)]
    first_seed: Count = 0
    """Smallest seed; 0 in studies of older versions. The others follow it."""
    seen: tuple[Seen, ...] = ()
    """Effects that earlier studies showed on the same seeds, data and recipe."""
    family: tuple[tuple[Name, Name], ...] = ()
    """Confirmatory family as (task, arm) pairs, declared before the study ran."""
    margin: dict[str, Finite] = {}
    """Task -> margin of practical relevance, in the unit of the judged metric."""
    judged: Name = JUDGED
    """Metric that gets verdicts, by its name in `bench.core.metrics.METRICS`."""
    sequential: bool = False
    """True if the rule of `bench.analysis.looks` adds seeds."""
    seeds_before: tuple[int, ...] = ()
    """Numbers of seeds at which the study was complete and judged before it was extended."""
    settings: dict[str, Any] = {}
    environment: dict[str, Any] = {}
    created: str = ""
    """Time in UTC, ISO 8601."""

    @property
    def metric(self) -> Metric:
        """Return the judged metric.

        Raises:
            UsageError: this version of the suite does not judge it.
        """
        from bench.core.metrics import judged_metric  # NumPy: `bench list` starts without it

        return judged_metric(self.judged)

    def margin_on(self, task: str) -> float:
        """Return the margin of practical relevance on a task, in the unit of the judged metric."""
        return self.margin.get(task, self.metric.margin_of())

    def declared_reference(self, task: str) -> str | None:
        """Return the arm that the declared comparisons of a task have in common; None without any."""
        declared = [self.arm(*key).reference for key in self.family if key[0] == task]
        return max(declared, key=declared.count, default=None)

    def trials(self) -> list[Trial]:
        """List every trial, seed by seed: an interrupted study then has complete comparisons."""
        return [Trial(arm=arm, seed=seed) for seed in self.seed_range() for arm in self.arms]

    def seed_range(self, seeds: int | None = None) -> range:
        """Return the seeds of the study, or the first `seeds` of them."""
        return range(self.first_seed, self.first_seed + (self.seeds if seeds is None else seeds))

    def is_judged(self) -> bool:
        """Return true if the complete study has verdicts, all at one number of seeds."""
        declared = bool(self.family) and self.seeds >= SMOKE_SEEDS
        return declared and not (self.synthetic or self.sequential)

    def arm(self, task: str, name: str) -> Arm:
        """Return an arm by its names.

        Raises:
            KeyError: the study has no such arm.
        """
        for arm in self.arms:
            if (arm.task, arm.name) == (task, name):
                return arm
        raise KeyError((task, name))

    def timed_as(self, arm: Arm) -> str:
        """Name the arm whose step time is that of an arm: itself, or a tuned arm at its default.

        A strength does not change what a step computes; a whole number, such as a period, does.
        """
        plain = arm.name.removesuffix(TUNED)
        for other in self.arms:
            if (other.task, other.name) == (arm.task, plain):
                computed, of_plain = (list(map(_structure, a.strategies)) for a in (arm, other))
                return plain if computed == of_plain else arm.name
        return arm.name

    def extended(self, request: Study) -> Study:
        """Return this study with the arms and seeds of another one added; arms keep their code.

        Raises:
            UsageError: the two differ in data, recipe, base, settings or judged metric.
        """
        for field in ("profile", "base", "settings", "first_seed", "judged"):
            self._same(field, getattr(self, field), getattr(request, field))
        for field in ("data", "margin"):
            stored, requested = getattr(self, field), getattr(request, field)
            shared = stored.keys() & requested.keys()
            if any(stored[task] != requested[task] for task in shared):
                self._same(field, stored, requested)
        arms = {(arm.task, arm.name): arm for arm in self.arms}
        for arm in request.arms:
            self._same_arm(arms.setdefault((arm.task, arm.name), arm), arm)
        reasons = {(n.task, n.arm): n for n in (*self.not_applicable, *request.not_applicable)}
        return self.model_copy(
            update={
                "arms": tuple(arms.values()),
                "not_applicable": tuple(reasons.values()),
                "data": {**self.data, **request.data},
                "own_tasks": {**self.own_tasks, **request.own_tasks},
                "margin": {**self.margin, **request.margin},
                "seeds": max(self.seeds, request.seeds),
                "seen": tuple(dict.fromkeys((*self.seen, *request.seen))),
                "sequential": self.sequential or request.sequential,
            }
        )

    def _same(self, field: str, stored: object, requested: object) -> None:
        if stored != requested:
            raise UsageError(
                f"study {self.name!r} exists with another {field} ({stored!r}, "
                f"asked for: {requested!r}); choose another --name"
            )

    def _same_arm(self, stored: Arm, requested: Arm) -> None:
        fields = [
            field
            for field in Arm.model_fields
            if field != "code" and getattr(stored, field) != getattr(requested, field)
        ]
        if fields:
            raise UsageError(
                f"study {self.name!r} exists with another {' and '.join(fields)} of arm "
                f"{requested.name!r} on {requested.task!r}; choose another --name"
            )


def _structure(use: Use) -> tuple[str, dict[str, Any]]:
    """Return a strategy without its strengths: numbers that are not whole."""
    whole = {name: value for name, value in use.parameters.items() if not isinstance(value, float)}
    return use.name, whole
