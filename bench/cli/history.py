"""`bench history`: measurements over time, and plots of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import RESULTS, Results


def history(
    add: Annotated[
        list[str] | None,
        typer.Option(help="Append a study (name or folder) to the history; repeatable."),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for the trend plots; default: history/ of results.")
    ] = None,
    results: Results = RESULTS,
) -> None:
    """List the studies of the history, and draw the trend of every metric."""
    from bench.cli.sides import study_lines, warn_of_broken
    from bench.compare.trend import software_notes, studies
    from bench.report.plots.trend import write_trends
    from bench.storage.history import HISTORY, append, read

    path = results / HISTORY
    for name in add or ():
        lines = study_lines(results, name)
        print(f"{lines[0].study}: {append(path, lines)} lines added to {path}")
    stored = read(path)
    warn_of_broken(path, stored)
    by_study = studies(stored.lines)
    if not by_study:
        print(f"{path} is empty; `bench history --add STUDY` adds a study")
        return
    notes = software_notes(by_study)
    for study, lines in by_study.items():
        seeds = max(len(line.seeds) for line in lines)
        processes = max(len(line.processes) for line in lines)
        print(
            f"{lines[0].created[:16]:<18}{study:<31} {len(lines):>3} arms, {seeds} seeds, "
            f"{processes} processes{'  ' + notes[study] if notes[study] else ''}"
        )
    files = ", ".join(str(f) for f in write_trends(stored.lines, plots or results / "history"))
    print(f"plots: {files or 'none: nothing was measured twice'}")
