"""From what was asked for to the study that runs: designs, sweeps, what does not apply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, Literal, NamedTuple

from bench.core import environment
from bench.core.errors import UsageError, unknown
from bench.core.recipe import Recipe, changed, number, parse
from bench.core.record import Use
from bench.core.strategy import Strategy, applicability, clash, configured, ordered, parameters
from bench.core.study import BASELINE, NAME, TUNED, Arm, NotApplicable, Study
from bench.plugins.registry import Registry
from bench.running import tuning
from bench.running.tuning import Tuned
from bench.tasks.task import Source, Task

PROFILES = ("smoke", "quick", "standard", "full")
DESIGNS = ("one-in", "leave-one-out", "pairwise")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
CONTROL = "baseline[A/A]"


class Request(NamedTuple):
    """What `bench run` was asked for, names checked by `plan`."""

    profile: str = "quick"
    tasks: Sequence[str] = ("cifar10", "imdb")
    strategies: Sequence[str] | None = None
    """None for the default set; `all` alone for every one."""
    stacks: Sequence[str] = ()
    """Explicit arms such as `cutmix+label_smoothing`, or presets by name."""
    base: Sequence[str] = ()
    """What the baseline of the study already has."""
    design: str = "one-in"
    seeds: int = 3
    settings: Mapping[str, str] = {}
    """`recipe.learning_rate` or `mixup.alpha` -> value, as typed."""
    sweep: str | None = None
    """`recipe.learning_rate=0.3x,1x,3x`."""
    controls: bool = False
    precision: str = "float32"
    xla: bool = False
    sequential: bool = False
    exploratory: bool = False
    """No family is declared: effects and intervals, no verdicts."""
    tuned: Tuned | None = None
    """Settings of `bench tune`: each arm is there untuned and tuned."""
    points: int = 0
    """Tuning points of each arm, its default setting included; 0 for none."""
    name: str | None = None


class Candidate(NamedTuple):
    """An arm before it is known whether it applies."""

    name: str
    added: tuple[str, ...]
    reference: str = BASELINE


class Plan(NamedTuple):
    """A study and what the user must see before it runs."""

    study: Study
    notices: tuple[str, ...]


def plan(request: Request, registry: Registry, source: Source) -> Plan:
    """The study that a request asks for.

    Raises:
        UsageError: an unknown name, a value out of range, a named stack that cannot be.
    """
    request = request._replace(strategies=registry.named(request.strategies))
    check(request, registry)
    builder = _Builder(request, registry)
    arms: list[Arm] = []
    missing: list[NotApplicable] = []
    found = {name: registry.task(name).identify(source) for name in request.tasks}
    for name in request.tasks:
        task = registry.task(name)
        for arm in builder.arms(task):
            (arms if isinstance(arm, Arm) else missing).append(arm)  # type: ignore[arg-type]
    if len({identity.synthetic for identity in found.values()}) > 1:
        real = ",".join(name for name, identity in found.items() if not identity.synthetic)
        raise UsageError(
            f"only {real} has real data here and a study never mixes; choose --tasks {real}, "
            "or --data synthetic for all"
        )
    data = {name: identity.name for name, identity in found.items()}
    synthetic = any(identity.synthetic for identity in found.values())
    kind = next(iter(data.values())).partition(":")[0]
    base = tuple(builder.use(strategy) for strategy in request.base)
    default_name = "-".join([request.profile, kind, *request.base])
    declared = request.design == "one-in" and not (
        request.base or request.sweep or request.stacks or request.points or request.exploratory
    )
    study = Study(
        name=request.name or default_name,
        profile=request.profile,
        data=data,
        synthetic=synthetic,
        design=request.design,
        base=base,
        arms=tuple(arms),
        not_applicable=tuple(missing),
        seeds=request.seeds,
        family=tuple(
            (a.task, a.name)
            for a in arms
            if declared and a.reference == BASELINE and a.role == "treatment"
        ),
        margin={task: builder.recipe(registry.task(task)).margin for task in request.tasks},
        sequential=request.sequential,
        settings={"precision": request.precision, "xla": request.xla},
        environment=environment.host(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    notices = dict.fromkeys(identity.notice for identity in found.values() if identity.notice)
    return Plan(study, tuple(notices))


def equal_time(study: Study, ratios: Mapping[tuple[str, str], float]) -> tuple[Arm, ...]:
    """For each arm of known step-time ratio one that trains as long as its reference does.

    Its schedule is shortened (or stretched) as a whole by the ratio: one that is cut off in the
    middle would be no fair comparison.

    Args:
        study: whose arms are taken.
        ratios: (task, arm) -> step time over the reference's.
    """
    made = []
    for arm in study.arms:
        ratio = ratios.get((arm.task, arm.name))
        if ratio is None or arm.role != "treatment":
            continue
        recipe = {**arm.recipe, "steps": max(1, round(arm.recipe["steps"] / ratio))}
        changes = {
            "name": f"{arm.name}[equal time]",
            "recipe": recipe,
            "treatment": (*arm.treatment, "equal time"),
        }
        made.append(arm.model_copy(update=changes))
    return tuple(made)


def check(request: Request, registry: Registry) -> None:
    """Refuse names that do not exist, with the nearest one suggested."""
    for kind, name, known in (
        ("profile", request.profile, PROFILES),
        ("design", request.design, DESIGNS),
        ("precision", request.precision, PRECISIONS),
    ):
        if name not in known:
            raise unknown(kind, name, known)
    for task in request.tasks:
        registry.task(task)
    for name in (*(request.strategies or ()), *request.base):
        registry.strategy(name)
    for stack in request.stacks:
        registry.stack(stack)
    if request.name is not None and not re.fullmatch(NAME, request.name):
        raise UsageError(
            f"--name {request.name!r}: a name has letters, digits, '_', '.', '+', '=' and '-' only"
        )
    if request.tuned is not None:
        tuning.check(request.tuned, request.profile, request.base, request.tasks)
    if request.exploratory and request.sequential:
        raise UsageError("--exploratory gives no verdicts: nothing for --until-decided to wait for")
    if request.seeds < 1:
        raise UsageError(f"--seeds is {request.seeds}; it is at least 1")


class _Builder:
    """Makes the arms of one task after another from a request."""

    def __init__(self, request: Request, registry: Registry) -> None:
        self.request, self.registry = request, registry
        self.strategy_values: dict[str, dict[str, Any]] = {}
        self.recipe_values: dict[str, str] = {}
        for key, text in request.settings.items():
            owner, _, name = key.partition(".")
            if not name:
                raise UsageError(f"--set {key}={text}: write OWNER.PARAMETER=VALUE")
            if owner == "recipe":
                self.recipe_values[name] = text
            else:
                registry.strategy(owner)
                self.strategy_values.setdefault(owner, {})[name] = number(text)
        for owner in self.strategy_values:
            self.strategy(owner)

    def strategy(self, name: str, changes: Mapping[str, Any] | None = None) -> Strategy:
        values = {**self.strategy_values.get(name, {}), **(changes or {})}
        return configured(self.registry.strategy(name), values)

    def use(self, name: str, changes: Mapping[str, Any] | None = None) -> Use:
        return Use(name=name, parameters=parameters(self.strategy(name, changes)))

    def recipe(self, task: Task, changes: Mapping[str, Any] | None = None) -> Recipe:
        recipe = task.recipe(self.request.profile)
        typed = {k: parse(type(recipe), k, v) for k, v in self.recipe_values.items()}
        return changed(recipe, {**typed, **(changes or {})}, task.facts.name)

    def candidates(self) -> Iterator[Candidate]:
        """The treatment arms of the design, the same for every task."""
        request = self.request
        names = self.registry.defaults() if request.strategies is None else request.strategies
        stacks = {text: self.registry.stack(text) for text in request.stacks}
        if request.design == "leave-one-out":
            for full, stack in (stacks or {"+".join(names): tuple(names)}).items():
                yield Candidate(full, stack)
                for left_out in stack:
                    rest = tuple(name for name in stack if name != left_out)
                    yield Candidate(f"{full}[without {left_out}]", rest, full)
            return
        if stacks and request.strategies is None:
            names = ()
        for name in names:
            yield Candidate(name, (name,))
        for text, stack in stacks.items():
            yield Candidate(text, stack)
        if request.design == "pairwise":
            for first, second in combinations(names, 2):
                yield Candidate(f"{first}+{second}", (first, second))

    def arms(self, task: Task) -> Iterator[Arm | NotApplicable]:
        """The baseline, the controls, the treatments and their sweeps on one task."""
        named = {self.registry.stack(text) for text in self.request.stacks}
        yield self.arm(task, Candidate(BASELINE, ()), role="baseline")
        if self.request.controls:
            control = self.arm(task, Candidate(CONTROL, ()), role="control")
            yield control.model_copy(update={"streams": 1, "treatment": ("streams",)})
        made = {BASELINE}
        for candidate in self.candidates():
            if candidate.name in made:
                continue
            made.add(candidate.name)
            reason = self.reason(task, candidate.added, candidate.added in named)
            if reason is None and candidate.reference not in made:
                reason = f"its reference {candidate.reference} does not apply"
            if reason is not None:
                made.discard(candidate.name)
                yield NotApplicable(task=task.facts.name, arm=candidate.name, reason=reason)
                continue
            yield self.arm(task, candidate)
            yield from self.variants(task, candidate)
        yield from self.variants(task, Candidate(BASELINE, ()))

    def variants(self, task: Task, candidate: Candidate) -> Iterator[Arm]:
        """The arm at the other values of a sweep, at tuning points, and as it was tuned."""
        if self.request.sweep:
            yield from self.swept(task, candidate)
        if self.request.points:
            yield from self.searched(task, candidate)
        if self.request.tuned is not None:
            yield from self.tuned(task, candidate, self.request.tuned)

    def searched(self, task: Task, candidate: Candidate) -> Iterator[Arm]:
        """The arm at every tuning point after its default setting."""
        own = self.strategy(candidate.added[0]) if len(candidate.added) == 1 else None
        rate = self.recipe(task).learning_rate
        found = tuning.points(tuning.ranges(own), self.request.points - 1)
        for index, values in enumerate(found, start=1):
            recipe = {"learning_rate": float(f"{rate * values.pop('learning_rate'):.4g}")}
            yield self.arm(
                task,
                candidate._replace(name=tuning.point_name(candidate.name, index)),
                recipe_changes=recipe,
                strategy_changes={own.facts.name: values} if own is not None else None,
                treatment=("strategies", "recipe.learning_rate"),
            )

    def tuned(self, task: Task, candidate: Candidate, tuned: Tuned) -> Iterator[Arm]:
        """The arm as it was tuned, against the baseline as it was tuned."""
        setting = tuned.settings[task.facts.name].get(candidate.name)
        if setting is None:
            return
        own = candidate.added[0] if candidate.added else None
        reference = f"{BASELINE}{TUNED}" if own else BASELINE
        yield self.arm(
            task,
            Candidate(f"{candidate.name}{TUNED}", candidate.added, reference),
            recipe_changes={"learning_rate": setting.learning_rate},
            strategy_changes={own: setting.parameters} if own else None,
            treatment=("strategies", "recipe.learning_rate") if own else ("recipe.learning_rate",),
        )

    def arm(
        self,
        task: Task,
        candidate: Candidate,
        role: Literal["baseline", "treatment", "control"] = "treatment",
        recipe_changes: Mapping[str, Any] | None = None,
        strategy_changes: Mapping[str, Mapping[str, Any]] | None = None,
        treatment: tuple[str, ...] = ("strategies",),
    ) -> Arm:
        changes = strategy_changes or {}
        chosen = [
            self.strategy(name, changes.get(name))
            for name in (*self.request.base, *candidate.added)
        ]
        if any(strategy.touches("stopping") for strategy in chosen):
            treatment = (*treatment, "early stopping")
        return Arm(
            task=task.facts.name,
            name=candidate.name,
            strategies=tuple(
                Use(name=s.facts.name, parameters=parameters(s)) for s in ordered(chosen)
            ),
            recipe=self.recipe(task, recipe_changes).model_dump(mode="json"),
            role=role,
            reference=None if role == "baseline" else candidate.reference,
            treatment=() if role == "baseline" else treatment,
        )

    def swept(self, task: Task, candidate: Candidate) -> Iterator[Arm]:
        """The arm at every other value of the swept parameter.

        A strategy at another recipe value is compared with the baseline at that value, the baseline
        at another value with the baseline.
        """
        owner, name, values = sweep_of(self.request.sweep or "")
        default = self.default_of(task, owner, name)
        for text in values:
            value = scaled(text, default)
            if value == default:
                continue
            label = f"[{name}={value:g}]" if isinstance(value, float) else f"[{name}={value}]"
            at_value = Candidate(
                f"{candidate.name}{label}",
                candidate.added,
                f"{candidate.reference}{label}" if candidate.added else BASELINE,
            )
            if owner == "recipe":
                treatment = "strategies" if candidate.added else f"recipe.{name}"
                yield self.arm(task, at_value, recipe_changes={name: value}, treatment=(treatment,))
            elif owner in candidate.added:
                at_value = at_value._replace(reference=candidate.reference)
                yield self.arm(task, at_value, strategy_changes={owner: {name: value}})

    def default_of(self, task: Task, owner: str, name: str) -> Any:
        known = (
            self.recipe(task).model_dump()
            if owner == "recipe"
            else parameters(self.strategy(owner))
        )
        if name not in known:
            raise unknown(f"parameter of {owner}", name, known)
        return known[name]

    def reason(self, task: Task, added: Sequence[str], named: bool) -> str | None:
        """Why a stack of strategies over the base cannot be on a task; None where it can."""
        for name in added:
            if name in self.request.base:
                return f"{name} is already in the base"
        stack = [self.strategy(name) for name in (*self.request.base, *added)]
        for strategy in stack:
            why = applicability(strategy, task.facts)
            if why is not None:
                return why
        problem = clash(stack)
        if problem is not None and (named or not added):
            raise UsageError(f"{'+'.join((*self.request.base, *added))}: {problem}")
        return problem


def sweep_of(text: str) -> tuple[str, str, list[str]]:
    """(owner, parameter, values) of `recipe.learning_rate=0.3x,1x,3x`."""
    key, _, values = text.partition("=")
    owner, _, name = key.partition(".")
    if not (owner and name and values):
        raise UsageError(f"--sweep {text}: write OWNER.PARAMETER=VALUE,VALUE,...")
    return owner, name, values.split(",")


def scaled(text: str, default: Any) -> Any:
    """`3x` as three times the default, anything else as it stands."""
    factor = number(text.removesuffix("x")) if text.endswith("x") else None
    if isinstance(factor, int | float) and isinstance(default, int | float):
        product = default * factor
        return round(product) if isinstance(default, int) else float(f"{product:.12g}")
    value = number(text)
    return float(value) if isinstance(default, float) and isinstance(value, int) else value
