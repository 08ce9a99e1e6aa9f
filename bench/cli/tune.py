"""`bench tune`: the same number of tuning trials for every arm, the baseline too."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, TASKS, files, names


def tune(
    profile: shared.Profile = "quick",
    tasks: shared.Tasks = TASKS,
    strategies: shared.Strategies = None,
    base: shared.Base = None,
    points: Annotated[
        int, typer.Option(help="Settings that each arm tries, its default included.", min=2)
    ] = 8,
    seeds: Annotated[int, typer.Option(help="Seeds of each setting.", min=1)] = 2,
    data: shared.Data = "auto",
    data_dir: shared.DataDir = None,
    results: shared.Results = RESULTS,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; default: tuned.json of the study.")
    ] = None,
    jobs: shared.Jobs = None,
    plugin: shared.Plugins = None,
    quiet: shared.Quiet = False,
) -> None:
    """Tune every arm with equal effort on validation; for `bench run --tuned FILE`."""
    from bench.cli.progress import display
    from bench.core.study import BASELINE
    from bench.plugins.registry import find
    from bench.running import study_run, tuning
    from bench.running.request import Request
    from bench.running.training_phase import TrainingOptions, has_gpu_driver
    from bench.tasks.task import Source

    training = TrainingOptions(plugins=files(plugin), jobs=jobs)
    registry, shown = find(training.plugins), display(quiet, as_json=False)
    listed = registry.named(names(strategies))
    arms = registry.defaults() if listed is None else listed
    request = Request(
        profile=profile,
        tasks=names(tasks) or (),
        strategies=arms,
        base=names(base) or (),
        seeds=seeds,
        xla=has_gpu_driver(),
        points=points,
        prefix="tune-",
    )
    options = study_run.RunOptions(results, Source(data, data_dir), training)
    requested, store = study_run.planned(request, registry, options, shown)
    with store.lock():
        study = study_run.declared(requested, store, registry)
        trained = study_run.measure(study, store, options, shown).trained
    if trained.interrupted:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
        raise typer.Exit(130)
    own = {BASELINE: "", **{name: name for name in arms}}
    tuned = tuning.choose(study, store.records().records, points, own)
    path = output or store.folder / "tuned.json"
    tuning.write(tuned, path)
    for task, settings in tuned.settings.items():
        for arm, setting in settings.items():
            values = ", ".join(f"{k}={v}" for k, v in setting.parameters.items())
            print(
                f"{task:<18}{arm:<18}validation {setting.default_validation_accuracy:.1%} -> "
                f"{setting.validation_accuracy:.1%}  learning_rate={setting.learning_rate:g} {values}"
            )
    print(f"tuned settings: {path}")
    print(f"next: bench run --profile {profile} --tuned {path}")
    if trained.failed:
        raise typer.Exit(1)
