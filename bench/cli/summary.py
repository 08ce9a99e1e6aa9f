"""The texts of `bench run` before and after it trains."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from bench.cli.options import TASKS, warn
from bench.core.duration import duration
from bench.core.study import Study
from bench.plugins.registry import Registry
from bench.running.seeds import seeds_text
from bench.running.study_run import Measured
from bench.running.training_phase import expected_seconds
from bench.storage.store import Store

if TYPE_CHECKING:
    from bench.analysis.analysis import Analysis
    from bench.report.report import ReportPaths

VERDICT_SEEDS = 10


def described(study: Study, store: Store, drawn: bool = False) -> str:
    """Describe the coming run: arms, trials, stored trials, expected time.

    Args:
        drawn: true if the run will draw other seeds than those of `study`.
    """
    from bench.core.environment import cores
    from bench.report.headings import judged_lines

    trials = study.trials()
    missing = store.missing(study)
    lines = [
        f"study {study.name} in {store.folder}",
        *(f"  {task}: {data}" for task, data in study.data.items()),
        *judged_lines(study),
        f"{len(study.arms)} arms x {study.seeds} seeds = {len(trials)} trials",
        "seeds: drawn when it starts" if drawn else seeds_text(study.seed_range()),
    ]
    for arm in study.arms:
        against = f"  against {arm.reference}" if arm.reference else ""
        lines.append(f"  {arm.task:<17} {arm.name}{against}")
    lines += [f"  {n.task:<17} {n.arm}: not applicable: {n.reason}" for n in study.not_applicable]
    lines.append(f"{len(trials) - len(missing)} measured already, {len(missing)} to train")
    seconds = expected_seconds(store, missing)
    lines.append(
        "expected time: known after the first trials"
        if seconds is None
        else f"expected time: {duration(seconds / cores())} on {cores()} cores"
    )
    return "\n".join(lines)


class Typed(NamedTuple):
    """The parts of a command that decide what the next one is."""

    without_data: bool = False
    """True if the real data was looked for and not found."""
    generated: bool = False
    """True for `--data synthetic`."""
    name: bool = False
    """True for a `--name`."""
    seeds: bool = False
    """True for `--seeds`."""


TYPED = Typed()


class Ran(NamedTuple):
    """A run that has ended."""

    request: Study
    """Requested study; the stored one may have more arms."""
    study: Study
    store: Store
    measured: Measured
    paths: ReportPaths
    typed: Typed = TYPED


def summarize(ran: Ran, registry: Registry, as_json: bool) -> None:
    """Print the requested rows of the decision table, failures, paths, and how to get verdicts."""
    from bench.report.card import cards
    from bench.report.terminal import print_decision

    study, store, paths = ran.study, ran.store, ran.paths
    trained = ran.measured.trained
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
    requested, rows = requested_rows(ran)
    print_decision(requested, rows, cards(registry.strategies), sys.stdout)
    for name, failure in trained.failed.items():
        reason = (failure.reason.strip().splitlines() or [""])[-1]
        print(f"failed: {name}: {failure.kind}: {reason}", file=sys.stderr)
    if trained.failed:
        print(
            f"{len(trained.failed)} trials failed; logs are in {store.folder / 'logs'}; "
            "the same command with --retry failed runs them again",
            file=sys.stderr,
        )
    for name, failure in ran.measured.untimed.items():
        print(f"not timed: {name}: {failure.reason}", file=sys.stderr)
    if trained.interrupted:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
    print(f"trials: {trained.there} were measured before, {trained.written} trained now")
    print_paths(paths)
    print(advice(study, store, registry, ran.typed))


def requested_rows(ran: Ran) -> tuple[Study, Analysis]:
    """Return the study and its analysis with the requested arms only."""
    keys = {(arm.task, arm.name) for arm in ran.request.arms}
    keys |= {(absent.task, absent.arm) for absent in ran.request.not_applicable}
    arms = tuple(arm for arm in ran.study.arms if (arm.task, arm.name) in keys)
    rows, baselines = ran.paths.analysis.decision, ran.paths.analysis.baselines
    analysis = replace(
        ran.paths.analysis,
        decision=rows[[key in keys for key in zip(rows["task"], rows["arm"], strict=True)]],
        baselines=baselines[baselines["task"].isin(list(ran.request.data))],
    )
    return ran.study.model_copy(update={"arms": arms}), analysis


def print_paths(paths: ReportPaths) -> None:
    """Print the paths of tables, plots and page, and what could not be written."""
    for line in paths.problems:
        warn(line)
    print(f"tables: {paths.tables}")
    print(f"plots:  {paths.plots}")
    print(f"page:   {paths.page}")


def advice(study: Study, store: Store, registry: Registry, typed: Typed = TYPED) -> str:
    """Name the command that gives verdicts, and its time."""
    if store.failures() and not store.names():
        return "verdicts: none, all trials failed; mend that, then --retry failed runs them again"
    if study.synthetic:
        return f"verdicts: none on stand-in data{_real_data(study, registry, typed)}"
    if study.seeds >= VERDICT_SEEDS and study.family:
        missing = store.missing(study)
        if not missing:
            return "verdicts: above; `bench report` writes them again"
        return (
            f"verdicts: when all {study.seeds} seeds are there ({len(missing)} trials are missing); "
            "the same command trains them"
        )
    if not study.family:
        return "verdicts: none, this study declares no comparison; its effects are exploratory"
    if study.profile in ("smoke", "quick") and set(study.data) == {*TASKS.split(",")}:
        command = "make bench PROFILE=standard"
        return f"verdicts: `{command}` ({VERDICT_SEEDS} seeds; up to 3 hours on two cores)"
    if study.profile in ("smoke", "quick") and all(
        "standard" in registry.task(task).profiles for task in study.data
    ):
        also = f" and --seeds {VERDICT_SEEDS}" if typed.seeds else ""
        also += " and another --name" if typed.name else ""
        return f"verdicts: the same command with --profile standard{also} ({VERDICT_SEEDS} seeds)"
    more = study.model_copy(update={"seeds": VERDICT_SEEDS})
    seconds = expected_seconds(store, store.missing(more)) or 0.0
    return f"verdicts: the same command with --seeds {VERDICT_SEEDS}, about {duration(seconds / 2)}"


def _real_data(study: Study, registry: Registry, typed: Typed) -> str:
    """Say how to get real data; empty where the command can have none."""
    if typed.without_data:
        return "; set TFDS_DATA_DIR (or have a network) and run again"
    kinds = [type(registry.task(task)).__module__ for task in study.data if typed.generated]
    if not kinds or not all(kind.startswith("bench.tasks.") for kind in kinds):
        return ""
    name = ", and choose another --name" if typed.name else ""
    return f"; leave --data synthetic out for the real data{name}"
