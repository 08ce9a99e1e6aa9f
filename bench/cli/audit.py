"""`bench audit`: an implementation of a technique, held against the catalogue's checks."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from bench.cli import options as shared
from bench.core.errors import UsageError
from bench.core.exit_code import ExitCode

if TYPE_CHECKING:
    from bench.audit.finding import Finding

DIFFERS = ExitCode.FOUND
STYLES = {"agrees": "green", "differs": "bold red", "does not apply": "dim"}


def audit(
    implementation: Annotated[
        str, typer.Argument(help="module:object or FILE.py:object; a layer, a function or a loss.")
    ],
    technique: Annotated[
        str | None, typer.Option("--as", help="The technique; default: guessed from the name.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Its argument: NAME=VALUE; may be repeated.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="The technique's parameter: NAME=VALUE; default: the argument so named."),
    ] = None,
    high: Annotated[
        float | None, typer.Option(min=0.0, help="Largest pixel; default: its value_range, or 255.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all random numbers.")] = 0,
    plugin: shared.Plugins = None,
) -> None:
    """Hold an implementation of a technique against the catalogue; exit code 3 if it differs."""
    from bench.core.environment import muffled

    if high is not None and not 0 < high < math.inf:
        raise UsageError(f"--high is {high}; it is the largest value of a pixel: 1 or 255")
    registry = shared.registry(plugin)
    values, wanted = pairs("--set", settings), pairs("--expect", expect)
    sys.path.insert(0, "")  # a module in the working directory
    with muffled():
        from bench.audit.audit import audit as audited

        result = audited(registry, implementation, technique, values, wanted, high, seed)
    used = ", ".join(f"{name} {value}" for name, value in vars(result.strategy).items())
    print(f"{implementation} as {result.strategy.facts.name} ({used})")
    print_findings(result.findings, sys.stdout)
    count = sum(one.verdict == "differs" for one in result.findings)
    print(f"{count} of {len(result.findings)} checks differ" if count else "nothing differs")
    if result.differs:
        raise typer.Exit(DIFFERS)


def pairs(option: str, texts: list[str] | None) -> dict[str, Any]:
    """Read NAME=VALUE; values are Python's literals, others are texts."""
    import ast

    read: dict[str, Any] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"{option} {text}: write NAME=VALUE")
        try:
            read[name] = ast.literal_eval({"true": "True", "false": "False"}.get(value, value))
        except (ValueError, SyntaxError):
            read[name] = value
    return read


def print_findings(findings: list[Finding], out: TextIO) -> None:
    """Print a table: in colors on a terminal, elsewhere as lines of words separated by tabs."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    head = ("check", "expected", "found", "verdict")
    if not out.isatty():
        for row in (head, *findings):
            out.write("\t".join(" ".join(text.split()) for text in row) + "\n")
        return
    table = Table(*head, box=None, pad_edge=False)
    for one in findings:
        table.add_row(*map(Text, one[:3]), Text(one.verdict, style=STYLES[one.verdict]))
    Console(file=out).print(table)
