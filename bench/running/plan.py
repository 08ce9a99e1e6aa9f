"""The study that a request asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from bench.core import environment
from bench.core.errors import UsageError
from bench.core.metric import JUDGED
from bench.core.metrics import judged_metric
from bench.core.study import BASELINE, EQUAL_TIME, TUNED, Arm, NotApplicable, Study
from bench.data.source import Notice
from bench.plugins.registry import Registry
from bench.running.arms import ArmBuilder, uses
from bench.running.request import Request, check
from bench.running.source_code import with_code
from bench.tasks.own import AddressedTask
from bench.tasks.task import Identity, Source


class Plan(NamedTuple):
    """A study, and lines that the user must see before it runs."""

    study: Study
    notices: tuple[Notice, ...]


def plan(request: Request, registry: Registry, source: Source) -> Plan:
    """Make the study that a request asks for.

    Raises:
        UsageError: a name is unknown, a value is out of range, or a typed stack is impossible.
    """
    request = request._replace(strategies=registry.named(request.strategies))
    check(request, registry)
    tasks = {name: registry.task(name) for name in request.tasks}
    identities = {name: task.identify(source) for name, task in tasks.items()}
    builder = ArmBuilder(request, registry)
    planned_arms = [arm for task in tasks.values() for arm in builder.arms(task)]
    arms = tuple(arm for arm in planned_arms if isinstance(arm, Arm))
    for arm in arms:
        _check_examples(arm, identities[arm.task])
    synthetic = _all_synthetic(identities)
    own_tasks = {name: t.made_from for name, t in tasks.items() if isinstance(t, AddressedTask)}
    first = next(iter(identities))
    kind = first if first in own_tasks else identities[first].name.partition(":")[0]
    metric = judged_metric(request.judged)
    parts = [request.profile, kind, *request.base]
    parts += [metric.name] if metric.name != JUDGED else []
    parts += ["tuned"] if request.tuned is not None else []
    study = Study(
        name=request.name or request.prefix + "-".join(parts),
        profile=request.profile,
        data={name: identity.name for name, identity in identities.items()},
        synthetic=synthetic,
        own_tasks=own_tasks,
        design=request.design,
        base=tuple(use for name in builder.base for use in uses([builder.strategy(name)])),
        arms=arms,
        not_applicable=tuple(arm for arm in planned_arms if isinstance(arm, NotApplicable)),
        seeds=request.seeds,
        first_seed=request.first_seed or 0,
        family=_family(request, arms),
        margin={
            name: metric.margin_of(builder.recipe(task).margin) for name, task in tasks.items()
        },
        judged=metric.name,
        sequential=request.sequential,
        settings={"precision": request.precision, "xla": request.xla},
        environment=environment.host(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    notices = dict.fromkeys(Notice(i.notice, i.missing) for i in identities.values() if i.notice)
    return Plan(with_code(study, registry), tuple(notices))


def _check_examples(arm: Arm, data: Identity) -> None:
    """Refuse a recipe of more examples than there are, before each of its trials does.

    Raises:
        UsageError: with the number that there are.
    """
    if data.examples is None:
        return
    recipe, (train, test) = arm.recipe, data.examples
    asked = recipe["train_examples"] + recipe["validation_examples"]
    if asked > train:
        raise UsageError(
            f"{recipe['train_examples']:,} training and {recipe['validation_examples']:,} validation "
            f"examples are more than the {train:,} training examples of {data.name}; lower "
            "recipe.train_examples"
        )
    if recipe["test_examples"] > test:
        raise UsageError(
            f"{recipe['test_examples']:,} test examples are more than the {test:,} of {data.name}; "
            "lower recipe.test_examples"
        )


def _all_synthetic(identities: Mapping[str, Identity]) -> bool:
    """Return true if the data is synthetic.

    Raises:
        UsageError: some of it is synthetic and some is real.
    """
    real = [name for name, identity in identities.items() if not identity.synthetic]
    if real and len(real) < len(identities):
        names = ",".join(real)
        raise UsageError(
            f"only {names} has real data here and a study never mixes; choose --tasks {names}, "
            "or --data synthetic for all"
        )
    return not real


def _family(request: Request, arms: tuple[Arm, ...]) -> tuple[tuple[str, str], ...]:
    """Return the comparisons that the study declares; none outside the two plain designs."""
    plain = request.design == "around" or (request.design == "one-in" and not request.base)
    if not plain or request.sweep or request.stacks or request.points or request.exploratory:
        return ()
    reference = BASELINE if request.tuned is None else f"{BASELINE}{TUNED}"
    return tuple(
        (arm.task, arm.name)
        for arm in arms
        if arm.reference == reference and arm.role == "treatment"
    )


def equal_time(study: Study, ratios: Mapping[tuple[str, str], float]) -> Study:
    """Add, for each arm of known step time, an arm that trains as long as its reference does.

    The ratio shortens or stretches the whole schedule. A schedule that is cut off would make an unfair
    comparison.

    Args:
        study: study with the arms.
        ratios: (task, arm) -> step time as a multiple of the reference's.

    Raises:
        UsageError: no arm has a known step time.
    """
    added = []
    for arm in study.arms:
        names = (arm.name, study.timed_as(arm))
        ratio = next((ratios[arm.task, n] for n in names if (arm.task, n) in ratios), None)
        if ratio is None or arm.role != "treatment":
            continue
        named = {"name": f"{arm.name}[equal time]"}
        added.append(with_time_of(arm, ratio).model_copy(update=named))
    if not added:
        raise UsageError("--equal-time needs step times: run the study, then this again")
    return study.model_copy(update={"arms": (*study.arms, *added)})


def with_time_of(arm: Arm, ratio: float) -> Arm:
    """Return an arm with as many steps as its reference's seconds have time for.

    Args:
        ratio: its step time as a multiple of the reference's.
    """
    return arm.model_copy(
        update={
            "recipe": {**arm.recipe, "steps": max(1, round(arm.recipe["steps"] / ratio))},
            "treatment": (*arm.treatment, EQUAL_TIME),
        }
    )
