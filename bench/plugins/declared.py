"""Check what a strategy declares, when it is found: a mistake must not show after the training."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.core.errors import UsageError
from bench.core.strategy import (
    COST_LIMITS,
    STAGES,
    Facts,
    Modality,
    Paper,
    Strategy,
    configured,
)

HELPERS = ("draw", "state", "applies", "measured")
"""Methods of a strategy that are no stages, and that the harness calls."""
REST_TAKES = {"schedule": "step", "loss": "batch", "gradients": "", "update": "gradients"}
"""Stage that wraps -> what its `rest` is called with."""
BY_NAME = {"schedule": ("steps", "rest")}
"""Stage -> arguments that the harness passes by name."""
TEXTS = ("name", "family", "summary", "equation")


def check_declared(kind: type[Strategy]) -> None:
    """Refuse a strategy whose facts, parameters or stages are wrong in a way that shows at once.

    Raises:
        UsageError: with the name of the strategy, what is wrong and what to do.
    """
    name = getattr(kind.facts, "name", kind.__name__)
    for fault in _faults(kind):
        raise UsageError(f"{name}: {fault}")


def _faults(kind: type[Strategy]) -> Iterator[str]:
    yield from _facts(kind.facts)
    yield from _fields(kind)
    for method in (*STAGES, *HELPERS):
        yield from _method(kind, method)
    if all(getattr(kind, stage) is getattr(Strategy, stage) for stage in STAGES):
        yield f"it overrides no stage, so it changes nothing; the stages are {', '.join(STAGES)}"
    for declared in dataclasses.fields(kind):
        yield from _range(declared)
    yield from _values(kind)


def _facts(facts: Any) -> Iterator[str]:
    if not isinstance(facts, Facts):
        yield f"facts is {_kind(facts)}; write facts = Facts(...)"
        return
    for name in TEXTS:
        if not isinstance(getattr(facts, name), str):
            yield f"{name} is {getattr(facts, name)!r}; it must be a text"
    if not facts.family.strip():
        yield "family is empty; name the group of the technique, such as 'augmentation'"
    if not isinstance(facts.paper, Paper):
        yield f"paper is {_kind(facts.paper)}; write paper=Paper(authors, year, title)"
    known = typing.get_args(Modality)
    if not isinstance(facts.modalities, tuple | list) or not facts.modalities:
        yield (
            f"modalities is {facts.modalities!r}; it is a tuple, such as ('image',) with its comma "
            "or ('image', 'text')"
        )
    elif wrong := [modality for modality in facts.modalities if modality not in known]:
        yield f"modalities has {wrong[0]!r}; there are {' and '.join(map(repr, known))}"
    if not isinstance(facts.cost, str) or facts.cost not in COST_LIMITS:
        yield f"cost is {facts.cost!r}; it is one of {', '.join(COST_LIMITS)}"
    if not isinstance(facts.identity, Mapping | str) or not facts.identity:
        yield (
            f"identity is {facts.identity!r}; give parameters, such as {{'rate': 0.0}}, or the reason "
            "why there are none"
        )
    if not isinstance(facts.conflicts, Mapping):
        yield f"conflicts is {_kind(facts.conflicts)}; write {{'other_strategy': 'the reason'}}"
    if isinstance(facts.rank, bool) or not isinstance(facts.rank, int):
        yield f"rank is {facts.rank!r}; it is a whole number"
    if not isinstance(facts.claims, tuple | list):
        yield f"claims is {_kind(facts.claims)}; it is a tuple of texts, with a comma after the last"


def _fields(kind: type[Strategy]) -> Iterator[str]:
    """Find parameters that are no fields, since a class is no dataclass."""
    for owner in kind.__mro__:
        if owner is Strategy:
            return
        own = [name for name, value in vars(owner).items() if isinstance(value, dataclasses.Field)]
        if issubclass(owner, Strategy) and "__dataclass_fields__" not in vars(owner):
            own += [
                name
                for name, hint in vars(owner).get("__annotations__", {}).items()
                if "ClassVar" not in str(hint)
            ]
        if own:
            yield (
                f"{own[0]} is no parameter, since {owner.__name__} is no dataclass; write "
                f"@dataclass(frozen=True) above class {owner.__name__}"
            )


def _method(kind: type[Strategy], name: str) -> Iterator[str]:
    """Compare the arguments of a method with those that the harness passes."""
    method, base = getattr(kind, name), getattr(Strategy, name)
    if method is base:
        return
    expected = list(inspect.signature(base).parameters)[1:]
    shown = f"{name}({', '.join(expected)})"
    if not callable(method):
        yield f"{name} is {_kind(method)}, and has the name of the method {shown}; rename it"
        return
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return
    stored = inspect.getattr_static(kind, name)
    bound = isinstance(stored, staticmethod | classmethod)
    by_name = BY_NAME.get(name, ())
    given = [None] * (len(expected) - len(by_name) + (not bound))
    try:
        signature.bind(*given, **dict.fromkeys(by_name))
    except TypeError:
        has = ", ".join(list(signature.parameters)[not bound :])
        yield f"the stage {name} takes ({has}); the harness calls {shown}"
        return
    if name in REST_TAKES and isinstance(method, types.FunctionType):
        yield from _rest(method, name, list(signature.parameters)[-1])


def _rest(method: Callable[..., Any], stage: str, rest: str) -> Iterator[str]:
    """Find a call of `rest` with another number of arguments than it takes."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    except (OSError, TypeError, SyntaxError):
        return
    takes = REST_TAKES[stage]
    inner = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda | ast.FunctionDef) and node is not tree.body[0]
    ]
    if any(argument.arg == rest for node in inner for argument in ast.walk(node.args)
           if isinstance(argument, ast.arg)):  # fmt: skip
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        spread = any(isinstance(value, ast.Starred) for value in node.args) or node.keywords
        if node.func.id == rest and not spread and len(node.args) != bool(takes):
            has = ", ".join(map(ast.unparse, node.args))
            yield f"the stage {stage} calls {rest}({has}); it is called as {rest}({takes})"


def _range(declared: dataclasses.Field[Any]) -> Iterator[str]:
    """Check the declared range, choices and range of tuning of a parameter."""
    name, facts = declared.name, declared.metadata
    low, high, tune, choices = (facts.get(key) for key in ("low", "high", "tune", "choices"))
    if choices is not None and (not isinstance(choices, tuple | list) or not choices):
        yield f"{name} has choices={choices!r}; it is a tuple, such as ('a', 'b')"
    if low is not None and high is not None and low > high:
        yield f"{name} has low={low} above high={high}"
    if tune is None:
        return
    if not isinstance(tune, tuple | list) or len(tune) != 2 or not tune[0] < tune[1]:
        yield f"{name} has tune={tune!r}; it is a pair of numbers, the lower one first"
    elif (low is not None and tune[0] < low) or (high is not None and tune[1] > high):
        yield f"{name} has tune={tune}, which leaves its range [{low}, {high}]"
    elif facts.get("log") and tune[0] <= 0:
        yield f"{name} has tune={tune} on a log scale, which begins above 0"


def _values(kind: type[Strategy]) -> Iterator[str]:
    """Make the strategy by its defaults, and at its identity."""
    required = [
        declared.name
        for declared in dataclasses.fields(kind)
        if declared.default is dataclasses.MISSING
        and declared.default_factory is dataclasses.MISSING
    ]
    if required:
        yield f"the parameter {required[0]} has no default; write parameter(default, ...)"
        return
    identity = kind.facts.identity
    for what, values in (
        ("", {}),
        ("identity: ", identity if isinstance(identity, Mapping) else {}),
    ):
        try:
            configured(kind, values)
        except UsageError as error:
            yield f"{what}{error}"
        except Exception as error:
            yield f"{what}it cannot be made: {type(error).__name__}: {error}"


def _kind(value: Any) -> str:
    return f"{value!r}"[:40] if isinstance(value, str | int | float) else type(value).__name__
