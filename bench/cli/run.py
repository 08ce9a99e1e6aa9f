"""`bench run`: plan, train the missing trials, time the steps, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, TASKS, base_names, files, names
from bench.core.duration import budget_seconds
from bench.core.errors import UsageError
from bench.core.exit_code import ExitCode
from bench.core.metric import JUDGED
from bench.running.profiles import PROFILES, QUICK

if TYPE_CHECKING:
    from bench.data.source import Notice
    from bench.plugins.registry import Registry
    from bench.running.study_run import Display, RunOptions
    from bench.running.tuning import Tuned
    from bench.running.tuning_phase import Ahead

RETRIES = ("failed", "changed")
TUNED_DESIGNS = ("one-in", "around")
"""Designs whose arms a profile may tune by itself."""


def run(
    profile: shared.Profile = "quick",
    tasks: shared.Tasks = TASKS,
    model: shared.Model = None,
    strategies: shared.Strategies = None,
    seeds: Annotated[int | None, typer.Option(help="Number of seeds; default: by profile.")] = None,
    first_seed: shared.FirstSeed = None,
    design: Annotated[
        str, typer.Option(help="one-in, leave-one-out, pairwise or around.")
    ] = "one-in",
    stack: Annotated[
        list[str] | None,
        typer.Option(
            help="An arm of its own: a+b+c, a preset, or a+recipe.learning_rate=2x; repeatable."
        ),
    ] = None,
    base: shared.Base = None,
    controls: Annotated[
        bool, typer.Option("--controls", help="Add the A/A arm: the noise floor.")
    ] = False,
    sweep: Annotated[
        str | None, typer.Option(help="Such as recipe.learning_rate=0.3x,1x,3x.")
    ] = None,
    set_: shared.Settings = None,
    data: shared.Data = "auto",
    data_dir: shared.DataDir = None,
    results: shared.Results = RESULTS,
    name: shared.NewName = None,
    jobs: shared.Jobs = None,
    executor: Annotated[str, typer.Option(help="local or ray.")] = "local",
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster.")] = None,
    gpus_per_trial: Annotated[float, typer.Option(help="With Ray.", min=0.0)] = 0.0,
    time_limit: Annotated[
        float, typer.Option(help="Hours that a trial may run.", min=0.001)
    ] = QUICK.hours,
    retry: Annotated[
        str | None,
        typer.Option(help="`failed` runs failed trials again, `changed` those of edited code."),
    ] = None,
    precision: Annotated[
        str,
        typer.Option(
            help="float32, float32_exact (no TF32 on a GPU), mixed_bfloat16, mixed_float16."
        ),
    ] = "float32",
    xla: Annotated[
        bool | None, typer.Option("--xla/--no-xla", help="Compile the step; default: on a GPU.")
    ] = None,
    step_times: Annotated[
        bool, typer.Option("--step-times/--no-step-times", help="Measure step times afterwards.")
    ] = True,
    processes: Annotated[
        int | None,
        typer.Option(help="Fresh processes per step time; default: quick 1, larger ones 5."),
    ] = None,
    tuned: Annotated[
        Path | None, typer.Option(help="A file of `bench tune`: each arm untuned and tuned.")
    ] = None,
    tune: Annotated[
        bool | None,
        typer.Option("--tune/--no-tune", help="Tune each arm first; default: in profile strong."),
    ] = None,
    until_decided: Annotated[
        bool,
        typer.Option("--until-decided", help="Add seeds, to 24 at most, while undecided."),
    ] = False,
    judge: Annotated[
        str, typer.Option(help="Metric that gets verdicts, such as nll or macro_accuracy.")
    ] = JUDGED,
    exploratory: Annotated[
        bool, typer.Option("--exploratory", help="Declare no family: effects, no verdicts.")
    ] = False,
    equal_time: Annotated[
        bool,
        typer.Option(
            "--equal-time", help="Add arms that train as long as the baseline (after step times)."
        ),
    ] = False,
    budget: Annotated[
        str | None,
        typer.Option(help="Time for everything: 5m, 1h; chooses the size and the seeds."),
    ] = None,
    declare: Annotated[
        bool, typer.Option("--declare", help="Write study.json and train nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run.")] = False,
    plugin: shared.Plugins = None,
    quiet: shared.Quiet = False,
    as_json: shared.AsJson = False,
) -> None:
    """Train arms x seeds of a study, only what is missing, and report."""
    from bench.cli.asked_tasks import asked_tasks, show_cards
    from bench.cli.progress import display
    from bench.cli.summary import Ran, Typed, described, summarize
    from bench.running import study_run, tuning
    from bench.running.budget import BLOCKS, within
    from bench.running.growth import grown
    from bench.running.request import Request
    from bench.running.tuning_phase import ahead, first_round
    from bench.running.workers import TrainingOptions, check_training, has_gpu_driver
    from bench.tasks.task import Source

    if retry not in (None, *RETRIES):
        raise UsageError(f"--retry {retry}: only `failed` or `changed` can be retried")
    if tune and tuned is not None:
        raise UsageError(
            "--tuned FILE has the settings that --tune looks for; choose one of the two"
        )
    if processes is not None and processes < 0:
        raise UsageError(f"--processes is {processes}; it is at least 0 (no step times)")
    if tune and budget is not None:
        raise UsageError("--budget has no time for --tune; choose one of the two")
    size = PROFILES.get(profile, QUICK)
    source = Source(data, data_dir)
    chosen_tasks = asked_tasks(shared.registry(plugin), tasks, set_, model, profile, source)
    request = Request(
        profile=profile,
        tasks=chosen_tasks.names,
        strategies=names(strategies),
        stacks=stack or (),
        base=base_names(base),
        design=design,
        seeds=size.seeds if seeds is None else seeds,
        first_seed=first_seed,
        settings=chosen_tasks.settings,
        sweep=sweep,
        controls=controls,
        precision=precision,
        xla=has_gpu_driver() if xla is None else xla,
        sequential=until_decided,
        judged=judge,
        exploratory=exploratory,
        tuned=None if tuned is None else tuning.read(tuned),
        name=name,
    )
    training = TrainingOptions(
        plugins=files(plugin),
        jobs=jobs,
        executor=executor,
        address=address,
        gpus_per_trial=gpus_per_trial,
        time_limit=3600 * time_limit,
        retry_failed=retry == "failed",
    )
    check_training(training)
    timed = (size.processes if processes is None else processes) if step_times else 0
    registry, watches = chosen_tasks.registry, display(quiet, as_json)
    notices: list[Notice] = []
    watches = _noting(watches, notices)
    options = study_run.RunOptions(results, source, training, timed, equal_time=equal_time)
    if budget is not None:
        cut = within(budget_seconds(budget), request, registry, source, training, timed, results)
        print(*cut.lines, sep="\n", file=sys.stderr)
        request = cut.request
        options = options._replace(training=cut.training, seconds=BLOCKS, deadline=cut.deadline)
    requested, store = study_run.planned(request, registry, options, watches)
    if not quiet:
        show_cards(requested, registry)
    fixed = [tuned, sweep, stack, budget]
    if tune or (tune is None and size.tunes and not any(fixed) and design in TUNED_DESIGNS):
        silent = watches._replace(notice=lambda notice: None)
        before = ahead(request, requested, registry, options, silent)
        settings = before.settings
        if before.untuned and dry_run:
            first, first_store = first_round(before)
            drawn = first_seed is None and first_store.study() is None
            print("tuned first:", described(first, first_store, drawn), sep="\n")
            print("then the best settings in full\n" if first_store is not before.store else "")
        elif before.untuned and declare:
            raise UsageError(
                "--declare trains nothing, and the arms are not tuned yet; --no-tune leaves that out"
            )
        elif before.untuned:
            settings = _tuned(before, registry, options, silent, quiet, retry == "changed")
        request = request._replace(tuned=settings)
        requested, store = study_run.planned(request, registry, options, silent)
    if dry_run:
        drawn = first_seed is None and store.study() is None
        print(described(grown(store, requested, registry).study, store, drawn))
        return
    from bench.report.report import report_study

    with store.lock():
        study = study_run.declared(requested, store, registry, watches, retry == "changed")
        if declare:
            print(f"declared, nothing trained: {store.folder / 'study.json'}")
            return
        measured = study_run.measure(study, store, options, watches)
        paths = report_study(study, store, registry)
    typed = Typed(
        without_data=any(notice.missing for notice in notices),
        generated=data == "synthetic",
        name=name is not None,
        seeds=seeds is not None,
    )
    summarize(Ran(requested, study, store, measured, paths, typed), registry, as_json)
    if budget is not None and (untrained := len(store.missing(study))):
        print(
            f"{untrained} trials did not fit into the budget; the same command goes on",
            file=sys.stderr,
        )
    if measured.trained.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if measured.trained.failed or measured.untimed:
        raise typer.Exit(ExitCode.FAILED)


def _noting(watches: Display, notices: list[Notice]) -> Display:
    """Return displays that also add the notices to a list."""

    def show(notice: Notice) -> None:
        notices.append(notice)
        watches.notice(notice)

    return watches._replace(notice=show)


def _tuned(
    before: Ahead,
    registry: Registry,
    options: RunOptions,
    watches: Display,
    quiet: bool,
    retrain: bool,
) -> Tuned:
    """Tune the arms of a study before it; return their settings."""
    from bench.cli.tune import shortening_lines
    from bench.running.tuning_phase import first_round, tune_ahead, without_setting

    if not quiet:
        points, name = before.request.points, before.study.name
        length = " in short trials" if first_round(before)[1] is not before.store else ""
        print(f"{name}: every arm tries {points} settings{length} on validation", file=sys.stderr)
    ended = tune_ahead(before, registry, options, watches, retrain)
    if ended.tuned is None:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED)
    for line in () if quiet else shortening_lines(ended.tuned):
        print(line, file=sys.stderr)
    for task, arm in without_setting(before, ended.tuned):
        print(
            f"{arm} on {task} has no tuned setting: its trials failed (`--retry failed` runs them "
            "again), so it is compared at its default only",
            file=sys.stderr,
        )
    return ended.tuned
