"""`bench accept`: accept an intended shift, so that it raises an alarm only once."""

from __future__ import annotations

import datetime
from typing import Annotated

import typer

from bench.cli.compare import FailIf, Margin, least_changes
from bench.cli.options import RESULTS, Results


def accept(
    study: Annotated[str, typer.Argument(help="The study that shows the shift.")],
    reason: Annotated[str, typer.Option(help="Why the shift is right; it is committed.")],
    base: Annotated[str, typer.Option(help="The study that it is a shift from.")] = "baseline",
    results: Results = RESULTS,
    margin: Margin = None,
    fail_if: FailIf = None,
) -> None:
    """Accept a study's regressions: later studies are measured from its level.

    `--margin` and `--fail-if` choose them as in `bench compare`.
    """
    from bench.cli.sides import study_lines
    from bench.compare import levels
    from bench.compare.metrics import threshold
    from bench.compare.regressions import compare
    from bench.core.errors import UsageError
    from bench.storage.history import HISTORY, append, read

    if not reason.strip():
        raise UsageError("--reason is empty: say why the shift is right")
    before, after = study_lines(results, base), study_lines(results, study)
    name = before[0].study
    accepted, past = levels.accepted_harm(results, name), read(results / HISTORY).lines
    failing = dict(threshold(text) for text in fail_if or ())
    least = least_changes(margin, failing)
    shifts = compare(before, after, least, accepted, past).regressions
    shifts = shifts[shifts["metric"].isin(list(failing) or shifts["metric"])]
    if shifts.empty:
        print(f"nothing to accept: {after[0].study} shows no regression from {name}")
        return
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    levels.accept(results, name, after[0].study, reason.strip(), shifts, now)
    append(results / HISTORY, after)
    for row in shifts.itertuples(index=False):
        print(f"accepted: {row.task} {row.arm}: {row.metric} {row.change:+.2f}")
    print(f"to be committed: {results / levels.ACCEPTED} {results / HISTORY}")
