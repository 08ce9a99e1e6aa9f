"""The methods of `Parts` that a network uses, as functions of a script."""

from __future__ import annotations

import ast

from bench.networks.parts import Parts
from bench.script.pieces import Pieces, Scope
from bench.script.syntax import Source, stores

PARTS = {"initializer": "seeded_initializer", "dense": "dense_layer"}
"""Method of `Parts` -> the script's function."""


def part(method: str, pieces: Pieces) -> str:
    """Collect a method of `Parts` as a function; return its name."""
    key = f"{Parts.__module__}.Parts.{method}"
    if (name := pieces.known(key)) is not None:
        return name
    function = getattr(Parts, method)
    source = Source.of(function)
    scope = Scope(source, function.__globals__, Parts.__module__, stores(source.node))

    def special(node: ast.AST, scope: Scope) -> str | None:
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            return "SEED" if node.attr == "seed" else part(node.attr, pieces)
        if isinstance(node, ast.Call):
            typed = [k for k in node.keywords if ast.unparse(k) == "dtype=self.dtype"]
            if typed:
                render, rewrite = source.render, pieces.rewriting(scope)
                kept = [*node.args, *(k for k in node.keywords if k not in typed)]
                inner = ",\n".join(f"        {render(k, rewrite)}" for k in kept)
                return f"{render(node.func, rewrite)}(\n{inner},\n    )"
        return None

    scope.special = special
    name = pieces.reserve(key, PARTS.get(method, method))
    written = pieces.parameters(source.node, scope, {"self"})
    text = pieces.function(source.node, scope, name, written)
    pieces.add(text)
    return name
