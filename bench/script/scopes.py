"""The names that a piece of code reads, and their counterparts in a script."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.core.errors import UsageError
from bench.script.syntax import Source, stores

Special = Callable[[ast.AST, "Scope"], str | None]
"""Rewrites of one kind of piece, which come before those of all pieces."""
LIBRARIES = {
    "tensorflow": "import tensorflow as tf", "keras": "import keras", "numpy": "import numpy as np",
    "math": "import math",
}  # fmt: skip
"""Module -> its import."""
TYPES = {
    "Tensor": "tf.Tensor", "Layer": "keras.layers.Layer", "Tensors": "list", "Tensor | None": "object",
}  # fmt: skip
"""Type names of the suite -> those of a script."""


@dataclass
class Scope:
    """The place of a piece of code: the names that it may read."""

    source: Source
    globals: Mapping[str, Any]
    owner: str
    """Module in which it stands."""
    locals: set[str] = field(default_factory=set)
    imported: dict[str, Any] = field(default_factory=dict)
    """Names that the code itself imports."""
    special: Special | None = None


def is_project(module: str, owner: str) -> bool:
    """Return true if code of a module is copied: the suite's, a plugin's, that of the same module."""
    top = module.partition(".")[0]
    if top in ("bench", "strategies") or module == owner:
        return True
    return top not in sys.stdlib_module_names and top == owner.partition(".")[0]


def comment(source: Source, place: int) -> str:
    """Return the string under an assignment as comment lines."""
    after = source.tree.body[place + 1 : place + 2]
    if after and isinstance(after[0], ast.Expr) and isinstance(after[0].value, ast.Constant):
        lines = str(after[0].value.value).strip().splitlines()
        return "".join(f"# {line.strip()}".rstrip() + "\n" for line in lines)
    return ""


def imported(source: Source, name: str) -> tuple[str, ast.alias] | None:
    """Return the module that a name comes from, and the name there; None if it is not imported."""
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return node.module, alias
    return None


def assignment(source: Source, name: str, module: str) -> tuple[int, ast.Assign]:
    """Return the assignment of a module that gives a name its value, and its place there.

    Raises:
        UsageError: there is no such assignment.
    """
    for place, node in enumerate(source.tree.body):
        if isinstance(node, ast.Assign) and name in stores(node.targets[0]):
            return place, node
    raise UsageError(f"{module} defines {name!r} in a way that the script cannot take over")


def annotation(node: ast.AST) -> str:
    """Return the annotation of a field as a script writes it."""
    text = ast.unparse(node)
    return TYPES.get(text, text if text in ("int", "float", "str", "bool") else "object")
