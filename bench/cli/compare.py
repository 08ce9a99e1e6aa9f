"""`bench compare`: regressions of one study from another."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from bench.cli.options import RESULTS, Results

Margin = Annotated[
    float | None,
    typer.Option(help="Points of accuracy that do not count; default: 1.", min=0.01),
]
FailIf = Annotated[
    list[str] | None,
    typer.Option(
        help="METRIC:LEAST such as step_time:5%, accuracy:2; only those named fail; repeatable."
    ),
]


def least_changes(margin: float | None, failing: Mapping[str, float]) -> dict[str, float]:
    """Return the least change that counts for each metric.

    Args:
        margin: of accuracy and convergence, points; None for the default.
        failing: minimums of the metrics of `--fail-if`, which take precedence.
    """
    from bench.compare.metrics import minimums

    quality = {} if margin is None else {"accuracy": margin, "convergence": margin}
    return {**minimums(), **quality, **failing}


def compare(
    base: Annotated[str, typer.Argument(help="A study's name or folder, or `baseline`.")],
    new: Annotated[str, typer.Argument(help="The study that is judged.")],
    results: Results = RESULTS,
    format_: Annotated[str, typer.Option("--format", help="text, markdown or json.")] = "text",
    margin: Margin = None,
    fail_if: FailIf = None,
    export: Annotated[
        list[str] | None,
        typer.Option(
            help="FORMAT=FILE; text, markdown, json, junit, github-smaller, github-bigger."
        ),
    ] = None,
) -> None:
    """Compare two studies. Exit codes: 0 fine, 3 regression, 4 nothing comparable."""
    from bench.cli.sides import study_lines
    from bench.compare import regressions
    from bench.compare.levels import accepted_harm
    from bench.compare.metrics import threshold
    from bench.core.errors import unknown
    from bench.report.export import formats
    from bench.report.export.compared import Compared
    from bench.storage import history

    if format_ not in formats.SHOWN:
        raise unknown("format", format_, formats.SHOWN)
    targets = [formats.target(typed) for typed in export or ()]
    failing = dict(threshold(text) for text in fail_if or ())
    before, after = study_lines(results, base), study_lines(results, new)
    comparison = regressions.compare(
        before,
        after,
        least_changes(margin, failing),
        accepted_harm(results, before[0].study),
        history.read(results / history.HISTORY).lines,
    )
    compared = Compared(comparison, after)
    sys.stdout.write(formats.SHOWN[format_](compared))
    formats.export(compared, targets)
    code = comparison.exit_code(list(failing))
    if code:
        raise typer.Exit(code)
