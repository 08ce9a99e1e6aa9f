"""Source text in which parts are replaced, while comments and line breaks stay."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

Rewrite: TypeAlias = Callable[[ast.AST], str | None]
"""A function from a node to the text in its place; None keeps the node and visits its parts."""

REMOVED = "\0"
"""Text in place of a removed statement."""
WIDTH = 100


class Source:
    """The source of a function, a class or a module, and its syntax tree."""

    def __init__(self, text: str) -> None:
        self.text = textwrap.dedent(text)
        self.tree = ast.parse(self.text)
        lines = self.text.encode().splitlines(keepends=True)
        self._bytes = self.text.encode()
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))

    @classmethod
    def of(cls, item: Any) -> Source:
        """Read the source of a function, a method, a class or a module."""
        return cls(inspect.getsource(item))

    @property
    def node(self) -> Any:
        """The definition, where the source is that of a function or a class."""
        return self.tree.body[0]

    def render(self, node: ast.AST, rewrite: Rewrite) -> str:
        """Return the text of a node, with the parts that `rewrite` replaces."""
        replaced = rewrite(node)
        return self.inside(node, rewrite) if replaced is None else replaced

    def inside(self, node: ast.AST, rewrite: Rewrite) -> str:
        """Return the text of a node itself, with the replaced parts inside it."""
        if isinstance(node, ast.JoinedStr):  # Python 3.11 gives wrong places inside of it.
            return self.between(*self._span(node))
        start, end = self._span(node)
        parts, place = [], start
        for child in sorted(_placed(node), key=lambda child: self._span(child)[0]):
            first, last = self._span(child)
            if first >= place:
                parts += [self.between(place, first), self.render(child, rewrite)]
                place = last
        return "".join([*parts, self.between(place, end)])

    def body(self, statements: Sequence[ast.stmt], rewrite: Rewrite) -> str:
        """Return the lines of statements, the comments above and beside them included."""
        start = self._starts[statements[0].lineno - 1]
        start = self._above(start)
        parts, place = [], start
        for statement in statements:
            first, last = self._span(statement)
            parts += [self.between(place, first), self.render(statement, rewrite)]
            place = last
        rest = self._bytes.find(b"\n", place)
        parts.append(self.between(place, len(self._bytes) if rest < 0 else rest))
        return tidy("".join(parts))

    def between(self, start: int, end: int) -> str:
        """Return the text between two places in bytes."""
        return self._bytes[start:end].decode()

    def _above(self, start: int) -> int:
        """Return the start of the comment lines above a line."""
        while start > 0:
            before = self._bytes.rfind(b"\n", 0, start - 1) + 1
            if not self._bytes[before:start].lstrip().startswith(b"#"):
                break
            start = before
        return start

    def _span(self, node: Any) -> tuple[int, int]:
        first = node.decorator_list[0] if getattr(node, "decorator_list", None) else node
        start = self._starts[first.lineno - 1] + first.col_offset
        if first is not node:
            start -= 1  # the @
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset


def _placed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that have a place; those of parts without one."""
    for child in ast.iter_child_nodes(node):
        if hasattr(child, "lineno"):
            yield child
        else:
            yield from _placed(child)


def tidy(text: str) -> str:
    """Drop the lines of removed statements, and the blank lines around them."""
    text = re.sub(rf"^[ \t]*{REMOVED}[ \t]*(#.*)?\n?", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{4,}", "\n\n\n", text)


def header(name: str, parameters: Sequence[str], indent: str = "") -> str:
    """Write the first lines of a function, wrapped where they are too long."""
    line = f"{indent}def {name}({', '.join(parameters)}):"
    if len(line) <= WIDTH:
        return line
    inner = f"{indent}    {', '.join(parameters)}"
    if len(inner) > WIDTH:
        inner = ",\n".join(f"{indent}    {parameter}" for parameter in parameters) + ","
    return f"{indent}def {name}(\n{inner}\n{indent}):"


def call(function: str, arguments: Sequence[str]) -> str:
    """Write a call."""
    return f"{function}({', '.join(arguments)})"


def literal(value: Any) -> str:
    """Write a value of a parameter, a text in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def parameters(node: ast.FunctionDef) -> list[str]:
    """List the names of a function's parameters."""
    arguments = node.args
    each = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs]
    return [argument.arg for argument in (*each, arguments.kwarg) if argument is not None]


def documented(node: Any) -> tuple[str | None, list[ast.stmt]]:
    """Split a definition's docstring from the rest of its body."""
    text = ast.get_docstring(node)
    return text, node.body if text is None else node.body[1:]


def quoted(text: str, indent: str) -> str:
    """Write a docstring."""
    lines = text.strip().splitlines()
    if len(lines) == 1:
        return f'{indent}"""{lines[0]}"""'
    body = [f"{indent}{line}".rstrip() for line in lines[1:]]
    return "\n".join([f'{indent}"""{lines[0]}', *body, f'{indent}"""'])


def loads(node: ast.AST) -> set[str]:
    """List the names that are read in a part of a program."""
    names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in names if isinstance(n.ctx, ast.Load)}


def stores(node: ast.AST) -> set[str]:
    """List the names that a part of a program gives a value: its local names."""
    names: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.arg):
            names.add(part.arg)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef) and part is not node:
            names.add(part.name)
    return names


SPLIT = re.compile(
    r"^(?P<indent> *)(?P<head>\S.*[(\[{])\n +(?P<inner>\S.*[^,(\[{])\n(?P=indent)(?P<tail>[)\]}].*)$",
    re.MULTILINE,
)
"""Brackets around one line of code."""


def joined(text: str) -> str:
    """Write brackets on one line if their content has become short enough."""

    def on_one_line(match: re.Match[str]) -> str:
        line = "".join(match.group("indent", "head", "inner", "tail"))
        return line if len(line) <= WIDTH else match.group()

    return SPLIT.sub(on_one_line, text)


def wrapped(text: str) -> str:
    """Break lines of code that are too long at their outermost brackets."""
    return "\n".join(part for line in text.split("\n") for part in _wrapped(line))


def _wrapped(line: str) -> list[str]:
    opening = _outermost(line)
    if len(line) <= WIDTH or line.lstrip().startswith("#") or opening is None:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    first, last = opening
    inner = f"{indent}    {line[first + 1 : last]}"
    if len(inner) <= WIDTH:
        return [line[: first + 1], inner, indent + line[last:]]
    each = [f"{indent}    {part}," for part in _arguments(line[first + 1 : last])]
    return [
        line[: first + 1],
        *(part for one in each for part in _wrapped(one)),
        indent + line[last:],
    ]


def _outermost(line: str) -> tuple[int, int] | None:
    """Return the places of the last outermost brackets of a line that are not empty."""
    depth, first, pair, quote = 0, 0, None, ""
    for place, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            first = place if depth == 0 else first
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth == 0 and place > first + 1:
                pair = first, place
    return pair if depth == 0 else None


def _arguments(text: str) -> list[str]:
    """Split arguments at their outer commas."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]
