"""The texts of `bench run` before and after it trains."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from bench.cli.options import warn
from bench.cli.progress import duration
from bench.core.study import Study
from bench.report.card import Card
from bench.report.report import ReportPaths
from bench.running.study_run import Measured
from bench.running.training_phase import expected_seconds
from bench.storage.store import Store

VERDICT_SEEDS = 10


def described(study: Study, store: Store) -> str:
    """Describe the run to come: arms, trials, stored trials, the expected time."""
    from bench.core.environment import cores

    trials = study.trials()
    missing = store.missing(study)
    lines = [
        f"study {study.name} in {store.folder}",
        *(f"  {task}: {data}" for task, data in study.data.items()),
        f"{len(study.arms)} arms x {study.seeds} seeds = {len(trials)} trials",
    ]
    for arm in study.arms:
        against = f"  against {arm.reference}" if arm.reference else ""
        lines.append(f"  {arm.task:<18}{arm.name}{against}")
    lines += [f"  {n.task:<18}{n.arm}: not applicable: {n.reason}" for n in study.not_applicable]
    lines.append(f"{len(trials) - len(missing)} measured already, {len(missing)} to train")
    seconds = expected_seconds(store, missing)
    lines.append(
        "expected time: known after the first trials"
        if seconds is None
        else f"expected time: {duration(seconds / cores())} on {cores()} cores"
    )
    return "\n".join(lines)


def summarize(
    study: Study,
    store: Store,
    measured: Measured,
    paths: ReportPaths,
    cards: Mapping[str, Card],
    as_json: bool,
) -> None:
    """Print the decision table, failures, the paths of the report, and how to get verdicts."""
    from bench.report.terminal import print_decision

    trained = measured.trained
    if as_json:
        event = {
            "event": "study",
            "name": study.name,
            "synthetic": study.synthetic,
            "trained": trained.written,
            "there": trained.there,
            "failed": len(trained.failed),
            "interrupted": trained.interrupted,
            "tables": str(paths.tables),
            "plots": str(paths.plots),
            "page": str(paths.page),
        }
        print(json.dumps(event), flush=True)
        return
    print_decision(study, paths.analysis, cards, sys.stdout)
    for name, failure in trained.failed.items():
        reason = (failure.reason.strip().splitlines() or [""])[-1]
        print(f"failed: {name}: {failure.kind}: {reason}", file=sys.stderr)
    if trained.failed:
        print(
            f"{len(trained.failed)} trials failed; logs are in {store.folder / 'logs'}; "
            "the same command with --retry failed runs them again",
            file=sys.stderr,
        )
    for name, failure in measured.untimed.items():
        print(f"not timed: {name}: {failure.reason}", file=sys.stderr)
    if trained.interrupted:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
    print_paths(paths)
    print(advice(study, store))


def print_paths(paths: ReportPaths) -> None:
    """Print the paths of tables, plots and page, and what could not be written."""
    for line in paths.problems:
        warn(line)
    print(f"tables: {paths.tables}")
    print(f"plots:  {paths.plots}")
    print(f"page:   {paths.page}")


def advice(study: Study, store: Store) -> str:
    """Name the command that gives verdicts, and its time."""
    if study.synthetic:
        return (
            "verdicts: none on stand-in data; set TFDS_DATA_DIR (or have a network) and run again"
        )
    if study.seeds >= VERDICT_SEEDS and study.family:
        missing = store.missing(study)
        if not missing:
            return "verdicts: above; `bench report` writes them again"
        return (
            f"verdicts: when all {study.seeds} seeds are there ({len(missing)} trials are missing); "
            "the same command trains them"
        )
    more = study.model_copy(update={"seeds": VERDICT_SEEDS})
    if study.profile in ("smoke", "quick"):
        command = "make bench PROFILE=standard"
        return f"verdicts: `{command}` ({VERDICT_SEEDS} seeds; up to 3 hours on two cores)"
    seconds = expected_seconds(store, store.missing(more)) or 0.0
    return f"verdicts: the same command with --seeds {VERDICT_SEEDS}, about {duration(seconds / 2)}"
