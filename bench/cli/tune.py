"""`bench tune`: the same number of tuning trials for every arm, the baseline too."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, TASKS, base_names, files, names
from bench.core.exit_code import ExitCode
from bench.core.metric import JUDGED

if TYPE_CHECKING:
    from bench.running.tuning import Tuned

DEFAULTS = {"--tasks": TASKS, "--data": "auto", "--results": RESULTS, "--judge": JUDGED}


def words(typed: Mapping[str, Sequence[object] | None]) -> str:
    """Write options as they are typed; leave out those without a value or at their default."""
    pairs = [(option, value) for option, values in typed.items() for value in values or ()]
    changed = [
        (option, str(value))
        for option, value in pairs
        if value is not None and value != DEFAULTS.get(option)
    ]
    return shlex.join(word for pair in changed for word in pair)


def setting_lines(tuned: Tuned) -> Iterator[str]:
    """Describe the chosen setting of each arm, a line each."""
    for task, settings in tuned.settings.items():
        for arm, setting in settings.items():
            values = ", ".join(f"{k}={v}" for k, v in setting.parameters.items())
            yield (
                f"{task:<17} {arm:<27} validation {setting.default_validation_accuracy:.1%} -> "
                f"{setting.validation_accuracy:.1%}  learning_rate={setting.learning_rate:g} {values}"
            )


def shortening_lines(tuned: Tuned) -> Iterator[str]:
    """Describe the check of short trials on each task's baseline, and what the tuning cost."""
    for task, check in tuned.shortened.items():
        if check is None:
            yield (
                f"{task}: short trials could not be checked, because a trial of the baseline failed: "
                "every setting was trained in full"
            )
            continue
        chosen = (
            "the best one" if check.loss == 0 else f"one {check.loss:.2f} {check.unit} below it"
        )
        yield (
            f"{task}: with {tuned.short:.0%} of the steps, {check.ordered} of {check.pairs} pairs of "
            "the baseline's settings have the order of the whole training; beside the default they "
            f"choose {chosen}; "
            + (
                "the default and the best other setting of each arm were trained in full"
                if check.holds
                else f"short trials mislead (at most {check.most:g}): every setting was trained in full"
            )
        )
    if tuned.shortened:
        yield f"tuning took {tuned.cost:.0%} of the steps of all settings in full"


def tune(
    profile: shared.Profile = "quick",
    tasks: shared.Tasks = TASKS,
    model: shared.Model = None,
    strategies: shared.Strategies = None,
    base: shared.Base = None,
    points: Annotated[
        int, typer.Option(help="Settings that each arm tries, its default included.", min=2)
    ] = 8,
    short: Annotated[
        float | None,
        typer.Option(
            help="Share of the steps in a first round before the best train in full.",
            min=0.01,
            max=1.0,
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Seeds of each setting.", min=1)] = 2,
    first_seed: shared.FirstSeed = None,
    data: shared.Data = "auto",
    data_dir: shared.DataDir = None,
    results: shared.Results = RESULTS,
    name: shared.NewName = None,
    set_: shared.Settings = None,
    judge: Annotated[
        str, typer.Option(help="Metric that `bench run` will judge; nll chooses by likelihood.")
    ] = JUDGED,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; default: tuned.json of the study.")
    ] = None,
    jobs: shared.Jobs = None,
    plugin: shared.Plugins = None,
    quiet: shared.Quiet = False,
) -> None:
    """Tune every arm with equal effort on validation; for `bench run --tuned FILE`."""
    from bench.cli.asked_tasks import asked_tasks, show_cards
    from bench.cli.progress import display
    from bench.running import study_run
    from bench.running.profiles import PROFILES, QUICK
    from bench.running.request import Request
    from bench.running.tuning_phase import PREFIX
    from bench.running.tuning_phase import tune as tune_arms
    from bench.running.workers import TrainingOptions, has_gpu_driver
    from bench.tasks.task import Source

    training = TrainingOptions(plugins=files(plugin), jobs=jobs)
    source = Source(data, data_dir)
    chosen_tasks = asked_tasks(shared.registry(plugin), tasks, set_, model, profile, source)
    registry, watches = chosen_tasks.registry, display(quiet, as_json=False)
    listed = registry.named(names(strategies))
    arms = registry.defaults() if listed is None else listed
    request = Request(
        profile=profile,
        tasks=chosen_tasks.names,
        strategies=arms,
        base=base_names(base),
        seeds=seeds,
        first_seed=first_seed,
        xla=has_gpu_driver(),
        points=points,
        short=PROFILES.get(profile, QUICK).short if short is None else short,
        settings=chosen_tasks.settings,
        judged=judge,
        name=name,
        prefix=PREFIX,
    )
    options = study_run.RunOptions(results, source, training)
    requested, store = study_run.planned(request, registry, options, watches)
    if not quiet:
        show_cards(requested, registry)
    ended = tune_arms(requested, store, request, registry, options, watches, output)
    if ended.tuned is None:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED)
    for line in (*setting_lines(ended.tuned), *shortening_lines(ended.tuned)):
        print(line)
    print(f"tuned settings: {ended.path}")
    typed: dict[str, Sequence[object] | None] = {
        "--profile": [profile], "--tasks": [tasks], "--model": [model], "--strategies": [",".join(arms)],
        "--base": [base], "--set": set_, "--judge": [judge], "--data": [data], "--data-dir": [data_dir],
        "--results": [results], "--plugin": plugin, "--tuned": [ended.path],
    }  # fmt: skip
    print(f"next: bench run {words(typed)}")
    if ended.trained.failed:
        raise typer.Exit(ExitCode.FAILED)
