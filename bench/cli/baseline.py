"""`bench baseline set|show`: the study that others are compared with."""

from __future__ import annotations

import datetime
from typing import Annotated

import typer

from bench.cli.command import Command
from bench.cli.options import RESULTS, Results

app = typer.Typer(
    help="The study that `baseline` stands for.", no_args_is_help=True, add_completion=False
)


@app.command("set", cls=Command)
def set_(
    study: Annotated[str, typer.Argument(help="A study's name or folder.")],
    results: Results = RESULTS,
) -> None:
    """Make a study the baseline; its lines go into the history. Commit both files."""
    from bench.cli.sides import study_lines
    from bench.compare import levels
    from bench.storage.history import HISTORY

    lines = study_lines(results, study)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    levels.set_baseline(results, lines, now)
    print(f"baseline: {lines[0].study}, {len(lines)} arms")
    print(f"to be committed: {results / levels.BASELINE} {results / HISTORY}")


@app.command("show", cls=Command)
def show(results: Results = RESULTS) -> None:
    """Show the baseline study and its measurements."""
    from bench.cli.sides import BASELINE, study_lines
    from bench.compare import levels

    stored = levels.baseline(results)
    lines = study_lines(results, BASELINE)
    print(f"{stored.study}, set {stored.set_at}")
    print(", ".join(f"{name} {version}" for name, version in lines[0].software.items()))
    for line in lines:
        print(
            f"  {line.task:<17} {line.arm:<23} {len(line.seeds)} seeds, {len(line.processes)} "
            f"processes{f' on {line.device} ({line.machine})' if line.machine else ''}"
        )
