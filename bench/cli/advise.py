"""`bench advise`: the techniques to switch on, found within a budget of time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, files, names
from bench.core.duration import budget_seconds
from bench.core.errors import UsageError
from bench.core.exit_code import ExitCode
from bench.core.metric import OBJECTIVE

if TYPE_CHECKING:
    from bench.advising.advise import Advisor


def advise(
    budget: Annotated[str, typer.Option(help="Time for everything: 3h, 1h30m, 45m.")],
    profile: shared.Profile = "standard",
    tasks: Annotated[
        str, typer.Option(help="Tasks, separated by commas; each gets its part of the budget.")
    ] = "imdb",
    model: shared.Model = None,
    objective: Annotated[
        str,
        typer.Option(
            help="What to look for: accuracy, calibration (the likelihood), or seconds (accuracy "
            "after the baseline's seconds)."
        ),
    ] = OBJECTIVE,
    strategies: Annotated[
        str, typer.Option(help="Techniques to choose from, separated by commas, or all.")
    ] = "all",
    base: shared.Base = None,
    set_: shared.Settings = None,
    data: shared.Data = "auto",
    data_dir: shared.DataDir = None,
    results: shared.Results = RESULTS,
    name: Annotated[
        str | None, typer.Option(help="Of the study; default: advise-profile-task.")
    ] = None,
    jobs: shared.Jobs = None,
    executor: Annotated[str, typer.Option(help="local or ray.")] = "local",
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster.")] = None,
    gpus_per_trial: Annotated[float, typer.Option(help="With Ray.", min=0.0)] = 0.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure what a trial costs, say the plan, and stop.")
    ] = False,
    plugin: shared.Plugins = None,
    quiet: shared.Quiet = False,
) -> None:
    """Find out within a time what to switch on: screen, stack, confirm on fresh seeds."""
    from bench.advising.advise import StoppedError
    from bench.advising.start import advisor, part_name
    from bench.cli.asked_tasks import asked_tasks
    from bench.cli.progress import display
    from bench.running.request import Request
    from bench.running.study_run import RunOptions
    from bench.running.workers import TrainingOptions, check_training, has_gpu_driver
    from bench.tasks.task import Source

    source = Source(data, data_dir)
    chosen_tasks = asked_tasks(shared.registry(plugin), tasks, set_, model, profile, source)
    if not chosen_tasks.names:
        raise UsageError("--tasks names no task; `bench list` names them all")
    seconds = budget_seconds(budget) / len(chosen_tasks.names)
    registry, watches = chosen_tasks.registry, display(quiet, as_json=False)
    training = TrainingOptions(
        plugins=files(plugin),
        jobs=jobs,
        executor=executor,
        address=address,
        gpus_per_trial=gpus_per_trial,
    )
    check_training(training)
    options = RunOptions(results, source, training)
    for task in chosen_tasks.names:
        request = Request(
            profile=profile,
            tasks=(task,),
            strategies=registry.named(names(strategies)),
            base=shared.base_names(base),
            settings=chosen_tasks.settings,
            xla=has_gpu_driver(),
            name=part_name(name, profile, task, len(chosen_tasks.names)),
        )
        try:
            with advisor(request, seconds, registry, options, watches, objective) as advising:
                _one(advising, dry_run)
        except StoppedError:
            print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
            raise typer.Exit(ExitCode.INTERRUPTED) from None


def _one(advising: Advisor, dry_run: bool) -> None:
    """Carry out the advice for one task, and print it."""
    from bench.advising.lab import training_ratios
    from bench.cli.summary import print_paths
    from bench.core.duration import duration
    from bench.report.advice import answer_lines, plan_lines
    from bench.report.report import report_study
    from bench.running.workers import side_by_side

    advising.probe()
    threads = advising.builder.recipe(advising.task).threads
    jobs = side_by_side(advising.lab.options.training, threads)
    for line in plan_lines(advising.advice, advising.costs()[()], jobs):
        print(line, flush=True)
    if dry_run:
        print(f"nothing more was trained: {duration(advising.advice.spent)} spent on the probe")
        return
    advising.choose()
    study = advising.confirm()
    paths = report_study(study, advising.store, advising.lab.registry)
    print()
    for line in answer_lines(
        advising.advice, study, paths.analysis, training_ratios(advising.store)
    ):
        print(line)
    spent, budget = advising.advice.spent, advising.advice.budget
    print(f"spent: {duration(spent)} of {duration(budget)} ({spent / budget:.0%})")
    print_paths(paths)
