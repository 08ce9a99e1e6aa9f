"""`bench null`: A/A arms against their baselines, by the engine that judges strategies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder
from bench.core.errors import BenchError, UsageError


def null(
    studies: Annotated[
        list[str] | None,
        typer.Argument(help="Studies with A/A arms; default: the one created last."),
    ] = None,
    results: shared.Results = RESULTS,
) -> None:
    """Compare A/A arms with their baselines: nothing was changed, so nothing may be found."""
    from bench.analysis.frames import trials_frame
    from bench.analysis.null import LIMIT, agreement, null_comparisons

    frames, looked_at = [], []
    names: Sequence[str | None] = studies or [None]
    for name in names:
        study, store = shared.stored_study(study_folder(results, name))
        rows = null_comparisons(study, trials_frame(study, shared.whole_records(store)))
        frames.append(rows)
        looked_at.append(study.name)
        found: list[Any] = rows.to_dict("records")
        for row in found:
            effect = study.metric.told(row["effect"], row["low"], row["high"], finer=1)
            print(
                f"{study.name}, {row['task']} {row['arm']}: {effect}, {row['n']} trials, "
                f"p = {row['p']:.2g}"
            )
    agreed = agreement(frames)
    if not agreed.comparisons:
        raise UsageError(
            f"{', '.join(looked_at)}: no A/A arm with two trials or more; `bench run --controls` "
            "adds one to a study"
        )
    print(
        f"{agreed.false_findings} of {agreed.comparisons} differ at 5%; combined p = {agreed.p:.2g} "
        f"(at least {LIMIT:g})"
    )
    if not agreed.holds:
        raise BenchError("A/A arms differ from their baselines: no difference can be trusted yet")
