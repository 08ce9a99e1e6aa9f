"""The page of the command line lists the exit codes that the code has, and the code has no others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import bench
from bench.core.exit_code import ExitCode

PACKAGE = Path(bench.__file__).parent
PAGE = PACKAGE.parent / "docs" / "command-line.md"
CHILDREN = {"download.py"}
"""Programs that only other programs of the suite run."""


def test_the_page_lists_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \| \S", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(ExitCode)


def test_no_command_ends_with_a_number_of_its_own() -> None:
    literal = [f"{path.name}:{line}" for path in PACKAGE.rglob("*.py") for line in _literals(path)]
    assert not [place for place in literal if place.partition(":")[0] not in CHILDREN]


def _literals(path: Path) -> Iterator[int]:
    """Yield the lines that end a command with a number: `typer.Exit(3)`, `sys.exit(3)`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("Exit", "exit"):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(isinstance(v, ast.Constant) and isinstance(v.value, int) for v in values):
                yield node.lineno
