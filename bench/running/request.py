"""The request behind a study: the options of a command, before they are planned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bench.core.errors import UsageError, unknown
from bench.core.metric import JUDGED
from bench.core.metrics import judged_metric
from bench.core.study import MOST_SEEDS, NAME
from bench.plugins.registry import Registry
from bench.running import tuning
from bench.running.profiles import PROFILES
from bench.running.tuning import Tuned

DESIGNS = ("one-in", "leave-one-out", "pairwise", "around")
LARGEST_SEED = 2_000_000_000
"""Seeds are int32 on the device."""
OF_RECIPE = "recipe."
"""Begin of a part of a stack that is no strategy, but a value of the recipe."""
RESERVED = "baseline"
"""Name that the command line gives to the study of `bench baseline set`."""
PRECISIONS = ("float32", "float32_exact", "mixed_bfloat16", "mixed_float16")


class Request(NamedTuple):
    """The options that decide the arms and the seeds of a study."""

    profile: str = "quick"
    tasks: Sequence[str] = ("cifar10", "imdb")
    strategies: Sequence[str] | None = None
    """None for the default set; `all` alone for every strategy."""
    stacks: Sequence[str] = ()
    """Arms such as `cutmix+label_smoothing` or `cutmix+recipe.learning_rate=2x`, or presets by name."""
    base: Sequence[str] = ()
    """Strategies, or presets by name, that every arm has, the baseline too."""
    design: str = "one-in"
    seeds: int = 3
    first_seed: int | None = 0
    """None for that of the stored study, or for a drawn one in a new study."""
    settings: Mapping[str, str] = {}
    """`recipe.learning_rate` or `mixup.alpha` -> value, as typed."""
    sweep: str | None = None
    """`recipe.learning_rate=0.3x,1x,3x`."""
    controls: bool = False
    precision: str = "float32"
    xla: bool = False
    sequential: bool = False
    judged: str = JUDGED
    """Metric that gets verdicts, by its name in `bench.core.metrics.METRICS`."""
    exploratory: bool = False
    """True if no family is declared: effects and intervals without verdicts."""
    tuned: Tuned | None = None
    """Settings of `bench tune`; each arm is in the study untuned and tuned."""
    points: int = 0
    """Tuning points of each arm, its default setting included; 0 for no tuning."""
    short: float = 1.0
    """Share of the steps in the first round of a tuning; 1 for one round, at full length."""
    name: str | None = None
    """Name of the study; None for a default name."""
    prefix: str = ""
    """Prefix of a default name."""
    scale: float = 1.0
    """Factor for each recipe's training examples and steps."""


def check(request: Request, registry: Registry) -> None:
    """Refuse names that do not exist, and options that contradict each other.

    Raises:
        UsageError: a name does not exist (the message has the nearest one), or options contradict each
            other.
    """
    for kind, name, existing in (
        ("profile", request.profile, PROFILES),
        ("design", request.design, DESIGNS),
        ("precision", request.precision, PRECISIONS),
    ):
        if name not in existing:
            raise unknown(kind, name, existing)
    judged_metric(request.judged)
    for task in request.tasks:
        registry.task(task)
    for name in request.strategies or ():
        registry.strategy(name)
    for text in request.stacks:
        check_stack("--stack", text)
    for text in request.base:
        check_stack("--base", text)
    if request.sweep is not None and not request.sweep.strip():
        raise UsageError("--sweep is empty; write OWNER.PARAMETER=VALUE,VALUE,...")
    stacks = [names for names, _ in map(split_stack, request.stacks) if names]
    registry.stacks([*request.base, *stacks])
    if request.design == "around" and not request.base:
        raise UsageError("--design around needs a --base to go around: strategies, or a preset")
    if request.name is not None and not re.fullmatch(NAME, request.name):
        raise UsageError(
            f"--name {request.name!r}: a name has letters, digits, '_', '.', '+', '=' and '-' only"
        )
    if request.name == RESERVED:
        raise UsageError(
            f"--name {RESERVED} stands for the study of `bench baseline set`; choose another name"
        )
    if request.tuned is not None:
        base = registry.stacks(request.base)
        tuning.check(request.tuned, request.profile, base, request.tasks, request.judged)
    if request.exploratory and request.sequential:
        raise UsageError("--exploratory gives no verdicts: nothing for --until-decided to wait for")
    if not 1 <= request.seeds <= MOST_SEEDS:
        raise UsageError(f"--seeds is {request.seeds}; it is at least 1 and at most {MOST_SEEDS:,}")
    if request.first_seed is not None and not 0 <= request.first_seed <= LARGEST_SEED:
        raise UsageError(f"--first-seed is {request.first_seed}; it is 0 to {LARGEST_SEED:,}")
    if not request.tasks:
        raise UsageError("--tasks names no task; `bench list` names them all")


def check_stack(option: str, text: str) -> None:
    """Refuse a stack without a part, or with an empty one.

    Raises:
        UsageError: there is none, or an empty one.
    """
    if not text.strip():
        raise UsageError(f"{option} is empty; write strategies joined by +, or a preset")
    if not all(part.strip() for part in text.split("+")):
        raise UsageError(f"{option} {text}: a stack has an empty part; write a+b")


def split_stack(text: str) -> tuple[str, dict[str, str]]:
    """Split `layer_norm+recipe.learning_rate=2x` into its strategies and its values of the recipe.

    Raises:
        UsageError: a value of the recipe has another form, or is there twice.
    """
    names, values = [], dict[str, str]()
    for part in text.split("+"):
        if not part.startswith(OF_RECIPE):
            names.append(part)
            continue
        name, _, value = part.removeprefix(OF_RECIPE).partition("=")
        if not (name and value) or name in values:
            raise UsageError(f"--stack {text}: write recipe.PARAMETER=VALUE, each once")
        values[name] = value
    return "+".join(names), values


def settings(typed: Iterable[str]) -> dict[str, str]:
    """Read `mixup.alpha=0.4` and the like as name -> value.

    Raises:
        UsageError: a text is of another form, or one name is given twice.
    """
    values = {}
    for text in typed:
        key, equals, value = text.partition("=")
        if not (equals and key and value):
            raise UsageError(f"--set {text}: write OWNER.PARAMETER=VALUE")
        if key.strip() in values:
            raise UsageError(f"--set {key.strip()} is given twice, and only one of them can count")
        values[key.strip()] = value.strip()
    return values
