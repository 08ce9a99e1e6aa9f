"""The arms of a study: the treatments of its design, swept, searched and tuned, on each task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

from bench.core.errors import UsageError, unknown
from bench.core.recipe import Recipe, changed, number, parse
from bench.core.record import Use
from bench.core.strategy import Strategy, applicability, clash, configured, ordered, parameters
from bench.core.study import BASELINE, TUNED, Arm, NotApplicable
from bench.plugins.registry import Registry
from bench.running import tuning
from bench.running.request import OF_RECIPE, Request, split_stack
from bench.running.sweep import Sweep, scaled
from bench.running.tuning import Tuned
from bench.tasks.task import Task

CONTROL = "baseline[A/A]"


class Candidate(NamedTuple):
    """An arm before its task decides whether it applies."""

    name: str
    added: tuple[str, ...] = ()
    """Strategies beside those of the base."""
    reference: str = BASELINE
    left_out: tuple[str, ...] = ()
    """Strategies of the base that the arm lacks."""
    recipe: Mapping[str, str] = {}
    """Values of its own in the recipe, as typed: `learning_rate` -> `2x`."""


class ArmBuilder:
    """A builder of the arms that a request asks for, one task after another."""

    def __init__(self, request: Request, registry: Registry) -> None:
        self.request, self.registry = request, registry
        self.sweep = Sweep.parse(request.sweep) if request.sweep else None
        self.base = registry.stacks(request.base)
        self.strategy_values = registry.preset_values([*request.base, *request.stacks])
        self.recipe_values: dict[str, str] = {}
        for key, text in request.settings.items():
            owner, _, name = key.partition(".")
            if not name:
                raise UsageError(f"--set {key}={text}: write OWNER.PARAMETER=VALUE")
            if owner == "recipe":
                self.recipe_values[name] = text
            else:
                self.strategy_values.setdefault(owner, {})[name] = number(text)
        for owner in self.strategy_values:
            self.strategy(owner)

    def strategy(self, name: str, changes: Mapping[str, Any] | None = None) -> Strategy:
        """Make a strategy with the parameters of the request, changed by `changes`."""
        values = {**self.strategy_values.get(name, {}), **(changes or {})}
        return configured(self.registry.strategy(name), values)

    def recipe(self, task: Task, changes: Mapping[str, Any] | None = None) -> Recipe:
        """Return a task's recipe with the settings of the request, changed by `changes`."""
        recipe = task.sized(self.request.profile, self.request.scale)
        typed = {k: parse(type(recipe), k, v) for k, v in self.recipe_values.items()}
        return changed(recipe, {**typed, **(changes or {})}, task.facts.name)

    def candidates(self) -> Iterator[Candidate]:
        """Yield the treatments of the design, the same for every task."""
        request = self.request
        names = self.registry.defaults() if request.strategies is None else request.strategies
        stacks = [self.stack(text) for text in request.stacks]
        if request.design == "around":
            yield from self.around(names)
            return
        if request.design == "leave-one-out":
            for full in stacks or [Candidate("+".join(names), tuple(names))]:
                yield full
                for left_out in full.added:
                    rest = tuple(name for name in full.added if name != left_out)
                    less = f"{full.name}[without {left_out}]"
                    yield full._replace(name=less, added=rest, reference=full.name)
            return
        if stacks and request.strategies is None:
            names = ()
        for name in names:
            yield Candidate(name, (name,))
        yield from stacks
        if request.design == "pairwise":
            for first, second in combinations(names, 2):
                yield Candidate(f"{first}+{second}", (first, second))

    def stack(self, text: str) -> Candidate:
        """Read `layer_norm+recipe.learning_rate=2x`, or a preset.

        Raises:
            UsageError: no such strategy, or a value of the recipe in another form.
        """
        names, recipe = split_stack(text)
        return Candidate(text, self.registry.stack(names) if names else (), recipe=recipe)

    def around(self, names: Sequence[str]) -> Iterator[Candidate]:
        """Yield the base without each of its strategies, then the base with each other strategy.

        A strategy that excludes members of the base takes their place: `layer_norm for batch_norm`.
        """
        for name in self.base:
            yield Candidate(f"without {name}", left_out=(name,))
        for name in names:
            if name in self.base:
                continue
            pairs = [(member, [self.strategy(member), self.strategy(name)]) for member in self.base]
            replaced = tuple(member for member, pair in pairs if clash(pair) is not None)
            arm = f"{name} for {'+'.join(replaced)}" if replaced else name
            yield Candidate(arm, (name,), left_out=replaced)

    def arms(self, task: Task) -> Iterator[Arm | NotApplicable]:
        """Yield the baseline, the controls, the treatments and their variants on one task."""
        typed_stacks = {self.stack(text).added for text in self.request.stacks}
        baseline = Candidate(BASELINE)
        self.check_base(task)
        yield self.arm(task, baseline, role="baseline")
        if self.request.controls:
            control = self.arm(task, Candidate(CONTROL), role="control")
            yield control.model_copy(update={"streams": 1, "treatment": ("streams",)})
        made = {BASELINE}
        for candidate in self.candidates():
            if candidate.name in made:
                continue
            reason = self.reason(task, candidate, candidate.added in typed_stacks)
            if reason is None and candidate.reference not in made:
                reason = f"its reference {candidate.reference} does not apply"
            if reason is not None:
                yield NotApplicable(task=task.facts.name, arm=candidate.name, reason=reason)
                continue
            made.add(candidate.name)
            yield self.arm(task, candidate)
            yield from self.variants(task, candidate)
        yield from self.variants(task, baseline)

    def variants(self, task: Task, candidate: Candidate) -> Iterator[Arm]:
        """Yield the arm at the other values of a sweep, at tuning points and at its tuned setting."""
        if self.sweep:
            yield from self.swept(task, candidate, self.sweep)
        if self.request.points:
            yield from self.searched(task, candidate)
        if self.request.tuned is not None:
            yield from self.tuned(task, candidate, self.request.tuned)

    def searched(self, task: Task, candidate: Candidate) -> Iterator[Arm]:
        """Yield the arm at every tuning point after its default setting."""
        name = own_strategy(candidate)
        single = self.strategy(name) if name else None
        rate = self.recipe(task).learning_rate
        points = tuning.points(tuning.ranges(single), self.request.points - 1)
        for index, values in enumerate(points, start=1):
            recipe = {"learning_rate": float(f"{rate * values.pop('learning_rate', 1.0):.4g}")}
            yield self.arm(
                task,
                candidate._replace(name=tuning.point_name(candidate.name, index)),
                recipe_changes=recipe,
                strategy_changes={single.facts.name: values} if single is not None else None,
                treatment=("strategies", "recipe.learning_rate"),
            )

    def tuned(self, task: Task, candidate: Candidate, tuned: Tuned) -> Iterator[Arm]:
        """Yield the tuned arm, compared with the tuned baseline."""
        settings = tuned.settings[task.facts.name]
        if candidate.name not in settings or candidate.reference not in settings:
            return
        setting = settings[candidate.name]
        is_baseline, rate = candidate.name == BASELINE, "recipe.learning_rate"
        single = own_strategy(candidate)
        yield self.arm(
            task,
            candidate._replace(
                name=f"{candidate.name}{TUNED}",
                reference=BASELINE if is_baseline else f"{candidate.reference}{TUNED}",
            ),
            recipe_changes={"learning_rate": setting.learning_rate},
            strategy_changes={single: setting.parameters} if single else None,
            treatment=(rate,) if is_baseline else ("strategies", rate),
        )

    def swept(self, task: Task, candidate: Candidate, sweep: Sweep) -> Iterator[Arm]:
        """Yield the arm at every other value of the swept parameter.

        A strategy at another recipe value is compared with the baseline at that value. The baseline
        at another value is compared with the baseline.
        """
        for label, value in sweep.others(self.default(task, sweep)).items():
            changes = {sweep.parameter: value}
            name = f"{candidate.name}{label}"
            if sweep.owner == "recipe" and candidate.added:
                at_value = Candidate(name, candidate.added, f"{candidate.reference}{label}")
                yield self.arm(task, at_value, recipe_changes=changes)
            elif sweep.owner == "recipe":
                treatment = (f"recipe.{sweep.parameter}",)
                yield self.arm(task, Candidate(name), recipe_changes=changes, treatment=treatment)
            elif sweep.owner in candidate.added:
                at_value = candidate._replace(name=name)
                yield self.arm(task, at_value, strategy_changes={sweep.owner: changes})

    def default(self, task: Task, sweep: Sweep) -> Any:
        """Return the default value of a swept parameter.

        Raises:
            UsageError: its owner has no such parameter.
        """
        of_recipe = sweep.owner == "recipe"
        values = self.recipe(task).values() if of_recipe else parameters(self.strategy(sweep.owner))
        if sweep.parameter not in values:
            raise unknown(f"parameter of {sweep.owner}", sweep.parameter, values)
        return values[sweep.parameter]

    def arm(
        self,
        task: Task,
        candidate: Candidate,
        role: Literal["baseline", "treatment", "control"] = "treatment",
        recipe_changes: Mapping[str, Any] | None = None,
        strategy_changes: Mapping[str, Mapping[str, Any]] | None = None,
        treatment: tuple[str, ...] = ("strategies",),
    ) -> Arm:
        """Make an arm from a candidate that applies, with changed parameters."""
        changes = strategy_changes or {}
        names = self.names(candidate)
        stack = [self.strategy(name, changes.get(name)) for name in names]
        if any(strategy.touches("stopping") for strategy in stack):
            treatment = (*treatment, "early stopping")
        own = self.own_values(task, candidate.recipe)
        treatment = tuple(dict.fromkeys([*treatment, *(f"{OF_RECIPE}{name}" for name in own)]))
        return Arm(
            task=task.facts.name,
            name=candidate.name,
            strategies=uses(stack),
            recipe=self.recipe(task, {**own, **(recipe_changes or {})}).model_dump(mode="json"),
            role=role,
            reference=None if role == "baseline" else candidate.reference,
            treatment=() if role == "baseline" else treatment,
        )

    def own_values(self, task: Task, typed: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of a candidate's own in the recipe; `2x` is twice the recipe's."""
        values = self.recipe(task).values()
        for name in typed:
            if name not in values:
                raise unknown("parameter of recipe", name, values)
        return {name: scaled(text, values[name]) for name, text in typed.items()}

    def check_base(self, task: Task) -> None:
        """Refuse a base with a strategy that the task cannot have.

        Raises:
            UsageError: there is such a strategy; the message has the reason.
        """
        for strategy in map(self.strategy, self.base):
            if (why := applicability(strategy, task.facts)) is not None:
                base = "+".join(self.request.base)
                raise UsageError(
                    f"--base {base} cannot be the base of {task.facts.name}: "
                    f"{strategy.facts.name} {why}; choose other --tasks, or another base"
                )

    def names(self, candidate: Candidate) -> tuple[str, ...]:
        """Name all strategies of a candidate, those of the base included."""
        of_base = (name for name in self.base if name not in candidate.left_out)
        return (*of_base, *candidate.added)

    def reason(self, task: Task, candidate: Candidate, typed: bool) -> str | None:
        """Return why a candidate cannot be on a task; None if it can.

        Raises:
            UsageError: the strategies of the base, or of a stack that was typed, exclude each other.
        """
        for name in candidate.added:
            if name in self.base:
                return f"{name} is already in the base"
        stack = [self.strategy(name) for name in self.names(candidate)]
        for strategy in stack:
            if (why := applicability(strategy, task.facts)) is not None:
                return why
        if (problem := clash(stack)) is not None and (typed or not candidate.added):
            raise UsageError(f"{'+'.join(self.names(candidate))}: {problem}")
        return problem


def check_used(request: Request, registry: Registry) -> None:
    """Refuse settings and sweeps of strategies that are in no arm.

    Raises:
        UsageError: there is one, and it would change nothing.
    """
    request = request._replace(strategies=registry.named(request.strategies))
    builder = ArmBuilder(request, registry)
    added = {name for candidate in builder.candidates() for name in candidate.added}
    asked = [("--set", f"{key}={value}") for key, value in request.settings.items()]
    asked += [("--sweep", request.sweep)] if request.sweep else []
    for option, text in asked:
        owner = text.partition(".")[0]
        used = added if option == "--sweep" else {*added, *builder.base}
        if owner != "recipe" and owner not in used:
            raise UsageError(
                f"{option} {text} changes nothing, because no arm adds {owner}; add it to "
                f"--strategies, or leave {option} out"
            )


def own_strategy(candidate: Candidate) -> str:
    """Name the strategy whose parameters an arm tunes; none for the baseline and for stacks."""
    return candidate.added[0] if len(candidate.added) == 1 else ""


def uses(stack: Sequence[Strategy]) -> tuple[Use, ...]:
    """Return strategies as an arm stores them, in the order of their composition.

    Raises:
        UsageError: a parameter is neither a number nor a text, so no record can hold it.
    """
    stored = []
    for strategy in ordered(stack):
        values = parameters(strategy)
        for name, value in values.items():
            if not isinstance(value, bool | int | float | str):
                raise UsageError(
                    f"{strategy.facts.name}.{name} is a {type(value).__name__}; a parameter is a "
                    "number, a text, true or false"
                )
        stored.append(Use(name=strategy.facts.name, parameters=values))
    return tuple(stored)
