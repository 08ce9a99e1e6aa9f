"""Functions, classes and constants of the suite and of plugins, collected into one file.

A piece is the source of what a trial runs, without its annotations. Names that it reads from its module
are collected too, before it. So a script cannot differ from the measured code.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from bench.core.errors import BenchError, UsageError
from bench.core.lazy import LazyModule
from bench.core.strategy import Strategy
from bench.script.scopes import (
    LIBRARIES,
    Scope,
    Special,
    annotation,
    assignment,
    comment,
    imported,
    is_project,
)
from bench.script.syntax import (
    REMOVED,
    Source,
    documented,
    header,
    quoted,
    stores,
    tidy,
)

DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
"""Statements with a blank line between them and a docstring above."""


class Pieces:
    """The pieces of a script, each after the pieces that it reads.

    Args:
        names: names that the script already defines, `module.name` -> name there.
        texts: pieces whose text differs from their source, `module.name` -> text.
    """

    def __init__(
        self, names: Mapping[str, str] | None = None, texts: Mapping[str, str] | None = None
    ) -> None:
        self._texts = texts or {}
        self.blocks: list[str] = []
        self.imports: set[str] = set()
        self.special: dict[str, Special] = {}
        """`module.name` of a class -> the rewrites of its methods."""
        self._names: dict[str, str] = dict(names or {})
        self._taken: set[str] = set(self._names.values())
        self._owner = ""

    def reserve(self, key: str, name: str) -> str:
        """Give a piece a unique name."""
        free = name
        if free in self._taken and self._owner:
            free = f"{self._owner}_{name}"
        number = 2
        while free in self._taken:
            free, number = f"{name}_{number}", number + 1
        self._names[key] = free
        self._taken.add(free)
        return free

    def known(self, key: str) -> str | None:
        """Return the name of a piece in the script; None if the piece is not there yet."""
        return self._names.get(key)

    def owned(self, owner: str) -> None:
        """Set a prefix for the names of later pieces whose own name is taken."""
        self._owner = owner

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Collect pieces within, and forget them afterwards."""
        before = list(self.blocks), set(self.imports), dict(self._names), set(self._taken)
        yield
        self.blocks, self.imports, self._names, self._taken = before

    # References ----------------------------------------------------------------------------------

    def reference(self, name: str, scope: Scope) -> str:
        """Return a name as a script writes it, and collect its definition."""
        if name in scope.imported:
            value = scope.imported[name]
        elif name in scope.globals:
            value = scope.globals[name]
        elif hasattr(builtins, name):
            return name
        else:
            raise UsageError(f"{scope.owner} reads {name!r}, which the script cannot take over")
        if isinstance(value, LazyModule):
            value = sys.modules[value._name]
        if isinstance(value, ModuleType):
            return self.module(value.__name__, name)
        if inspect.isclass(value) and issubclass(value, BenchError):
            return "ValueError"
        if inspect.isclass(value) and issubclass(value, Strategy):
            raise UsageError(
                f"{scope.owner} makes another strategy, {name}, which a script does not have; share a "
                "function with it"
            )
        if inspect.isclass(value) or inspect.isfunction(value):
            home = value.__module__
            if not is_project(home, scope.owner):
                self.imports.add(f"from {home} import {value.__name__}")
                return name
            return self.include(value)
        return self.constant(name, scope.owner)

    def module(self, module: str, name: str) -> str:
        """Import a library; return its name in the script."""
        line = LIBRARIES.get(module)
        line = line or (f"import {module}" if module == name else f"import {module} as {name}")
        self.imports.add(line)
        return line.split()[-1]

    def constant(self, name: str, module: str) -> str:
        """Collect a constant of a module, or of the module from which it is imported."""
        source = Source.of(sys.modules[module])
        if (origin := imported(source, name)) is not None:
            home, alias = origin
            if not is_project(home, module):
                self.imports.add(f"from {home} import {ast.unparse(alias)}")
                return name
            __import__(home)
            return self.constant(alias.name, home)
        key = f"{module}.{name}"
        if key in self._names:
            return self._names[key]
        place, node = assignment(source, name, module)
        scope = Scope(source, vars(sys.modules[module]), module, stores(node.value))
        free = {
            each: self.reserve(f"{module}.{each}", each) for each in sorted(stores(node.targets[0]))
        }
        left = source.render(
            node.targets[0], lambda n: free[n.id] if isinstance(n, ast.Name) else None
        )
        value = source.render(node.value, self.rewriting(scope))
        self.add(f"{comment(source, place)}{left} = {value}")
        return free[name]

    # Definitions ---------------------------------------------------------------------------------

    def include(self, item: Any) -> str:
        """Collect a function or a class; return its name in the script."""
        key = f"{item.__module__}.{item.__qualname__}"
        if key in self._names:
            return self._names[key]
        free = self.reserve(key, item.__name__)
        if key in self._texts:
            if "(NamedTuple)" in self._texts[key]:
                self.imports.add("from typing import NamedTuple")
            self.add(self._texts[key])
            return free
        source = Source.of(item)
        module = sys.modules[item.__module__]
        scope = Scope(source, vars(module), item.__module__, special=self.special.get(key))
        if inspect.isclass(item):
            text = self.definition(source.node, scope, free)
        else:
            scope.locals = stores(source.node)
            text = self.function(source.node, scope, free)
        self.add(text)
        return free

    def definition(self, node: ast.ClassDef, scope: Scope, name: str) -> str:
        """Write a class."""
        rewrite = self.rewriting(scope)
        bases = [scope.source.render(base, rewrite) for base in node.bases]
        lines = [f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"]
        decorators = [f"@{scope.source.render(d, rewrite)}" for d in node.decorator_list]
        text, statements = documented(node)
        if text:
            lines.append(quoted(text, "    "))
        if statements:
            gap = "\n" if text and isinstance(statements[0], DEFINITIONS) else ""
            lines.append(gap + self.fields(node, statements, scope))
        return tidy("\n".join([*decorators, *lines]))

    def fields(self, node: ast.ClassDef, statements: list[ast.stmt], scope: Scope) -> str:
        """Write the body of a class."""
        is_tuple = any(isinstance(b, ast.Name) and b.id == "NamedTuple" for b in node.bases)
        rewrite = self.rewriting(scope)

        def in_class(part: ast.AST) -> str | None:
            if isinstance(part, ast.AnnAssign) and is_tuple:
                value = f" = {scope.source.render(part.value, rewrite)}" if part.value else ""
                target = scope.source.render(part.target, lambda _: None)
                return f"{target}: {annotation(part.annotation)}{value}"
            return rewrite(part)

        return scope.source.body(statements, in_class)

    def function(
        self, node: ast.FunctionDef, scope: Scope, name: str, parameters: list[str] | None = None,
        doc: str = "",
    ) -> str:  # fmt: skip
        """Write a function or a method without its annotations.

        Args:
            parameters: those of the script's function; None for the same ones.
            doc: docstring of a function that has none.
        """
        indent = " " * node.col_offset
        rewrite = self.rewriting(scope)
        written = self.parameters(node, scope) if parameters is None else parameters
        decorators = [f"{indent}@{scope.source.render(d, rewrite)}\n" for d in node.decorator_list]
        text, statements = documented(node)
        inner = indent + "    "
        lines = [header(name, written, indent)]
        if text or doc:
            lines.append(quoted(text or doc, inner))
        if statements:
            gap = "\n" if text and isinstance(statements[0], DEFINITIONS) else ""
            lines.append(gap + scope.source.body(statements, rewrite).rstrip())
        return "".join(decorators) + "\n".join(lines)

    def parameters(
        self, node: ast.FunctionDef, scope: Scope, left_out: Container[str] = ()
    ) -> list[str]:
        """Write the parameters of a function with their defaults."""
        arguments, rewrite = node.args, self.rewriting(scope)
        positional = [*arguments.posonlyargs, *arguments.args]
        nothing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        written = []
        for argument, default in zip(positional, [*nothing, *arguments.defaults], strict=True):
            written.append((argument.arg, argument.arg, default))
        if arguments.vararg:
            written.append((arguments.vararg.arg, f"*{arguments.vararg.arg}", None))
        elif arguments.kwonlyargs:
            written.append(("*", "*", None))
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            written.append((argument.arg, argument.arg, default))
        if arguments.kwarg:
            written.append((arguments.kwarg.arg, f"**{arguments.kwarg.arg}", None))
        return [
            text if default is None else f"{text}={scope.source.render(default, rewrite)}"
            for name, text, default in written
            if name not in left_out
        ]

    def add(self, block: str) -> None:
        """Append a block of the script."""
        self.blocks.append(block.strip("\n"))

    # Rewriting -----------------------------------------------------------------------------------

    def rewriting(self, scope: Scope) -> Callable[[ast.AST], str | None]:
        """Return the rewrite of code in a scope."""

        def rewrite(node: ast.AST) -> str | None:
            if scope.special is not None:
                text = scope.special(node, scope)
                if text is not None:
                    return text
            return self.plain(node, scope)

        return rewrite

    def plain(self, node: ast.AST, scope: Scope) -> str | None:
        """Rewrite names, annotations and imports, in every piece alike."""
        if isinstance(node, ast.Name):
            local = node.id in scope.locals or not isinstance(node.ctx, ast.Load)
            return node.id if local else self.reference(node.id, scope)
        if isinstance(node, ast.arg):
            return node.arg
        if isinstance(node, ast.FunctionDef):
            inner = Scope(
                scope.source, scope.globals, scope.owner, scope.locals | stores(node),
                dict(scope.imported), scope.special,
            )  # fmt: skip
            indented = self.function(node, inner, node.name)
            return indented.removeprefix(" " * node.col_offset)
        if isinstance(node, ast.AnnAssign):
            if node.value is None:
                return REMOVED
            render, rewrite = scope.source.render, self.rewriting(scope)
            left, right = render(node.target, rewrite), render(node.value, rewrite)
            return REMOVED if left == right else f"{left} = {right}"
        if isinstance(node, ast.Assert):
            return REMOVED
        if isinstance(node, ast.ImportFrom) and node.module:
            __import__(node.module)
            module = sys.modules[node.module]
            for alias in node.names:
                scope.imported[alias.asname or alias.name] = getattr(module, alias.name)
                scope.locals.discard(alias.asname or alias.name)
            return REMOVED
        return None
