"""A network of the suite as plain Keras layers, without the slots that an arm leaves empty."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.networks.network import Network
from bench.networks.parts import Parts
from bench.script.acting import Acting, Written
from bench.script.layer_rewrites import LayerRewrites
from bench.script.pieces import Pieces, Scope
from bench.script.syntax import REMOVED, Source, call, literal, loads, tidy


class Layers:
    """A writer of the classes of a network.

    Args:
        network: a built network of the arm.
        acting: where techniques act.
        pieces: receives the classes and the names that they read.
    """

    def __init__(self, network: Network, acting: Acting, pieces: Pieces) -> None:
        self.network, self.acting, self.pieces = network, acting, pieces
        self._written: dict[type, Written] = {}
        self.reads: set[tuple[type, str]] = set()
        """Attributes of layers that their classes read."""
        self.known = False
        """True once `reads` is complete."""
        with self._trial():
            self.write(network)
        self.known = True

    def constructor(self) -> str:
        """Write the call that makes the network."""
        self.write(self.network)
        given = inspect.signature(type(self.network).__init__).bind(
            self.network, *self.network.made_from[0], **self.network.made_from[1]
        )
        arguments = [
            f"{name}={self._value(value)}"
            for name, value in list(given.arguments.items())[1:]
            if not isinstance(value, Parts)
        ]
        return call(self._name(type(self.network)), arguments)

    def _value(self, value: Any) -> str:
        """Write an argument of the network's constructor."""
        if not isinstance(value, tuple) or type(value) is tuple:
            return literal(value)
        fields = [f"{name}={literal(part)}" for name, part in value._asdict().items()]  # type: ignore[attr-defined]
        return call(self.pieces.include(type(value)), fields)

    def needs(self) -> list[str]:
        """List the arguments of the network's `call` besides the features."""
        return self.write(self.network).needs

    def write(self, layer: Any) -> Written:
        """Write the class of a layer, after those of the layers that it calls."""
        kind = type(layer)
        if kind in self._written:
            return self._written[kind]
        written = self._written[kind] = Written()
        source = Source.of(kind)
        scope = Scope(source, vars(inspect.getmodule(kind)), kind.__module__)
        name = self.pieces.reserve(f"{kind.__module__}.{kind.__qualname__}", kind.__name__)
        writing = LayerRewrites(self, layer, scope, written)
        scope.special = writing.special
        with self._trial():
            written.unused = unread(
                without_dead_locals(self.pieces.definition(source.node, scope, name))
            )
        self.pieces.add(without_dead_locals(self.pieces.definition(source.node, scope, name)))
        return written

    @contextmanager
    def _trial(self) -> Iterator[None]:
        """Write something without collecting pieces for it."""
        before = dict(self._written)
        with self.pieces.trial():
            yield
        self._written = before

    def _name(self, kind: type) -> str:
        name = self.pieces.known(f"{kind.__module__}.{kind.__qualname__}")
        assert name is not None
        return name


def without_dead_locals(text: str) -> str:
    """Leave out assignments to local names that nothing reads."""
    source = Source(text)
    dead: set[ast.AST] = set()
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef):
            read = {
                n.id
                for n in ast.walk(function)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            }
            dead |= {
                part
                for part in function.body
                if isinstance(part, ast.Assign)
                and isinstance(part.targets[0], ast.Name)
                and part.targets[0].id not in read
                and not any(isinstance(inner, ast.Call) for inner in ast.walk(part.value))
            }
    return tidy(source.inside(source.tree.body[0], lambda n: REMOVED if n in dead else None))


def unread(text: str) -> set[str]:
    """List the parameters of a class's `__init__` that its body does not read."""
    for node in ast.parse(text).body[0].body:  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            given = {argument.arg for argument in (*node.args.args[1:], *node.args.kwonlyargs)}
            return given - {name for part in node.body for name in loads(part)}
    return set()
