"""The stages of a strategy as plain functions, with its parameters as constants above them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import textwrap
from collections.abc import Mapping
from typing import Any, NamedTuple

from bench.core.errors import UsageError
from bench.core.strategy import Moment, Strategy
from bench.script.pieces import Pieces, Scope
from bench.script.syntax import REMOVED, Source, call, literal, loads, parameters, stores

WIDTH = 96
DOCS = {
    "normalization": "Make the normalization layer of a place in the network.",
    "kernel": "Change a kernel [..., in, out] before it is used, in training and in evaluation.",
    "noise": "Change activations [B, ..., D], in training only.",
    "merge": "Join a residual branch to its shortcut, in training only.",
    "hidden": "Change a hidden state and the targets with it, in training only.",
    "schedule": "Return the learning rate of a step; `rest` gives that of the recipe for any step.",
    "draw": "Draw the random numbers of a batch of `size` examples.",
    "examples": "Change a raw batch: pixels in [0, 1], or token ids.",
    "embedded": "Change the embeddings [B, T, D] of token ids [B, T].",
    "features": "Change a batch of standardized pixels or of embeddings.",
    "loss": "Compute the loss of a batch; `rest` runs the network, and can do so again.",
    "gradients": "Compute the gradients; `rest` does so at the present weights, and can do so again.",
    "state": "Make the variables that it keeps beside the weights.",
    "update": "Update the weights; `rest` lets the optimizer apply gradients.",
    "evaluated": "Return the values to evaluate in place of the trained weights.",
    "stopping": "Decide after an evaluation if its weights are the best, and if training stops.",
    "measured": "Return what happened in the training, from the variables that it kept.",
}
"""Stage -> docstring of a function that has none."""


class Stage(NamedTuple):
    """A stage or a method of a strategy as a function of a script."""

    name: str
    parameters: tuple[str, ...]
    """Parameters of the method that the function has, without `self` and `moment`."""
    moment: tuple[str, ...]
    """Fields of the moment that are its parameters in place of `moment`."""
    reruns: bool
    """True if it may call the rest of its chain more than once."""

    def called(self, values: Mapping[str, str], moment: Mapping[str, str]) -> str:
        """Write a call.

        Args:
            values: parameter -> text.
            moment: field of the moment -> text.
        """
        arguments = [values[name] for name in self.parameters]
        return call(self.name, [*arguments, *(f"{name}={moment[name]}" for name in self.moment)])


class Technique:
    """A strategy as pieces of a script.

    Args:
        strategy: the strategy, with its parameters.
        pieces: receives its functions.
    """

    def __init__(self, strategy: Strategy, pieces: Pieces) -> None:
        self.strategy, self.pieces = strategy, pieces
        self.name = strategy.facts.name
        self._methods: dict[str, Stage] = {}

    def constants(self) -> str:
        """Write the parameters as constants."""
        lines = []
        for declared in dataclasses.fields(self.strategy):
            if not declared.init or "doc" not in declared.metadata:
                continue
            value, doc = getattr(self.strategy, declared.name), declared.metadata["doc"]
            name = self.constant(declared.name)
            lines.append(f"{name} = {literal(value)}" + (f"  # {doc}" if doc else ""))
        return "\n".join(lines)

    def constant(self, field: str) -> str:
        """Return the name of a parameter in a script: `MIXUP_ALPHA`, `LABEL_SMOOTHING`."""
        words = self.name if self.name.split("_")[-1] == field else f"{self.name}_{field}"
        return words.upper()

    def method(self, method: str) -> Stage:
        """Collect a method as a function."""
        if method in self._methods:
            return self._methods[method]
        function = inspect.unwrap(getattr(type(self.strategy), method))
        if not inspect.isfunction(function):
            raise UsageError(f"{self.name}.{method} is no plain method; a script cannot hold it")
        source = Source.of(function)
        node = source.node
        given = parameters(node)
        owner = function.__module__
        module = vars(sys.modules[owner]) if owner in sys.modules else function.__globals__
        scope = Scope(source, module, owner, stores(node))
        fields: list[str] = []
        scope.special = self._rewrite(given[0], self._moment(method, given), fields)
        key = f"{type(self.strategy).__module__}.{self.name}.{method}"
        free = self.pieces.reserve(key, f"{self.name}_{method}")
        # The body is rendered first: it says which fields of the moment are read.
        self.pieces.function(node, scope, free, [])
        if not fields and any(
            _is_none(part, self._moment(method, given)) for part in ast.walk(node)
        ):
            fields.append("step")
        read = {name for part in node.body for name in loads(part)}
        plain = tuple(
            name for name in given[1:] if name in read and name != self._moment(method, given)
        )
        order = tuple(field for field in Moment._fields if field in fields)
        stage = Stage(free, self._contract(method, given, plain), order, reruns(node, given[-1]))
        text = self.pieces.function(node, scope, free, [*plain, *order], DOCS.get(method, ""))
        self.pieces.add(text)
        self._methods[method] = stage
        return stage

    def _contract(self, method: str, given: list[str], names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the contract's names for the parameters of a stage."""
        base = getattr(Strategy, method, None)
        if base is None:
            return names
        called = dict(zip(given, inspect.signature(base).parameters, strict=False))
        return tuple(called.get(name, name) for name in names)

    def _moment(self, method: str, given: list[str]) -> str:
        """Return the name of the parameter for the moment."""
        base = getattr(Strategy, method, None)
        if base is None or method not in dir(Strategy):
            return "moment"
        names = list(inspect.signature(base).parameters)
        return given[names.index("moment")] if "moment" in names else "moment"

    def _rewrite(self, me: str, moment: str, fields: list[str]) -> Any:
        """Return the rewrites of a method, and note the fields of the moment that it reads."""

        def special(node: ast.AST, scope: Scope) -> str | None:
            if _is_none(node, moment):
                assert isinstance(node, ast.Compare)
                asked = "is" if isinstance(node.ops[0], ast.Is) else "is not"
                return f"{fields[0] if fields else moment} {asked} None"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == moment:
                    if node.attr not in fields:
                        fields.append(node.attr)
                    return node.attr
                if node.value.id == me:
                    return self._attribute(node.attr)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id == me:
                    return self._call(node, scope, moment, fields)
            if isinstance(node, ast.Name) and node.id in (me, moment):
                raise UsageError(
                    f"{self.name} hands on its whole {node.id!r}, which a script does not have; "
                    f"hand on the fields that are needed"
                )
            if isinstance(node, ast.Assign) and _is_self(node):
                return REMOVED
            return None

        return special

    def _attribute(self, name: str) -> str:
        if name in {declared.name for declared in dataclasses.fields(self.strategy)}:
            return self.constant(name)
        if name == "facts":
            raise UsageError(f"{self.name} reads its own facts, which a script does not have")
        return self.method(name).name

    def _call(self, node: ast.Call, scope: Scope, moment: str, fields: list[str]) -> str:
        """Write the call of another method of the strategy."""
        assert isinstance(node.func, ast.Attribute)
        stage = self.method(node.func.attr)
        function = getattr(type(self.strategy), node.func.attr)
        given = list(inspect.signature(function).parameters)[1:]
        texts = {}
        rewrite = self.pieces.rewriting(scope)
        for name, value in zip(given, node.args, strict=False):
            if not (isinstance(value, ast.Name) and value.id == moment):
                texts[name] = scope.source.render(value, rewrite)
        for keyword in node.keywords:
            texts[str(keyword.arg)] = scope.source.render(keyword.value, rewrite)
        fields += [name for name in stage.moment if name not in fields]
        return stage.called(texts, {name: name for name in stage.moment})


def reruns(node: ast.FunctionDef, rest: str) -> bool:
    """Return true if a stage may call the rest of its chain more than once."""
    calls = [
        part
        for part in ast.walk(node)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == rest
    ]
    loops = [
        part for part in ast.walk(node) if isinstance(part, ast.For | ast.While | ast.ListComp)
    ]
    return len(calls) > 1 or any(call in ast.walk(loop) for loop in loops for call in calls)


def _is_none(node: ast.AST, name: str) -> bool:
    """Return true if an expression asks whether a name is None, as a kernel stage does in evaluation."""
    return isinstance(node, ast.Compare) and ast.unparse(node) in (
        f"{name} is None",
        f"{name} is not None",
    )


def _is_self(node: ast.Assign) -> bool:
    """Return true if an assignment assigns a name to itself."""
    target, value = node.targets[0], node.value
    return isinstance(target, ast.Name) and isinstance(value, ast.Name) and target.id == value.id


def described(strategy: Strategy) -> str:
    """Describe a technique in comment lines: its effect, equation and paper."""
    facts, paper = strategy.facts, strategy.facts.paper
    source = f"{paper.authors} {paper.year}: {paper.title}"
    source += f" (arXiv {paper.arxiv})" if paper.arxiv else ""
    lines = [*textwrap.wrap(f"{facts.summary[0].upper()}{facts.summary[1:]}.", WIDTH)]
    lines += textwrap.wrap(facts.equation, WIDTH, initial_indent="    ", subsequent_indent="    ")
    lines += [*textwrap.wrap(source, WIDTH), ""]
    lines += inspect.cleandoc(type(strategy).__doc__ or "").splitlines()
    return "\n".join(f"# {line}".rstrip() for line in lines)


def titled(strategy: Strategy) -> str:
    """Return the name of a technique as its module's first line has it."""
    module = sys.modules[type(strategy).__module__]
    name = strategy.facts.name
    spoken = (module.__doc__ or "").strip().partition("\n")[0]
    if module.__name__.rpartition(".")[2] != name or not spoken:
        return name.replace("_", " ").capitalize()
    return spoken.partition(":")[0].rstrip(".")
