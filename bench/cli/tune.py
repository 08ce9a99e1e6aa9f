"""`bench tune`: the same number of tuning trials for every arm, the baseline too."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import RESULTS, Plugins, Results, names


def tune(
    profile: Annotated[str, typer.Option(help="smoke, quick, standard or full.")] = "quick",
    tasks: Annotated[str, typer.Option(help="Tasks, separated by commas.")] = "cifar10,imdb",
    strategies: Annotated[
        str | None, typer.Option(help="Strategies, separated by commas, or all; default: the six.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Strategies that the baseline already has.")
    ] = None,
    points: Annotated[
        int, typer.Option(help="Settings that each arm tries, its default included.", min=2)
    ] = 8,
    seeds: Annotated[int, typer.Option(help="Seeds of each setting.", min=1)] = 2,
    data: Annotated[str, typer.Option(help="auto, tfds (never falls back) or synthetic.")] = "auto",
    data_dir: Annotated[
        Path | None, typer.Option(help="Prepared tensorflow-datasets; default: TFDS_DATA_DIR.")
    ] = None,
    results: Results = RESULTS,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; default: tuned.json of the study.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Trials side by side.")] = None,
    plugin: Plugins = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Failures and paths only.")] = False,
) -> None:
    """Tune every arm with equal effort on validation; for `bench run --tuned FILE`."""
    from bench.cli.progress import watch
    from bench.core.environment import cores
    from bench.core.study import BASELINE
    from bench.plugins.registry import find
    from bench.running import training_phase, tuning
    from bench.running.plan import Request, plan
    from bench.storage.store import Store
    from bench.tasks.task import Source

    gpu = shutil.which("nvidia-smi") is not None
    registry = find(plugin or ())
    chosen = registry.named(names(strategies))
    chosen = registry.defaults() if chosen is None else chosen
    request = Request(
        profile=profile,
        tasks=names(tasks) or (),
        strategies=chosen,
        base=names(base) or (),
        seeds=seeds,
        xla=gpu,
        points=points,
    )
    planned = plan(request, registry, Source(data, data_dir))
    for notice in planned.notices:
        print(f"\n*** {notice} ***\n", file=sys.stderr)
    study = planned.study.model_copy(update={"name": f"tune-{planned.study.name}"})
    store = Store(results / study.name)
    with store.lock():
        known = store.study()
        study = study if known is None else known.extended(study)
        store.write_study(study)
        training_phase.set_damaged_aside(store)
        options = training_phase.TrainingOptions(
            source=Source("synthetic" if study.synthetic else "tfds", data_dir),
            plugins=tuple(path.expanduser().resolve() for path in plugin or ()),
            jobs=(1 if gpu else cores()) if jobs is None else jobs,
        )
        trained = training_phase.train(
            study, store, options, lambda total: watch(total, quiet, False)
        )
    if trained.interrupted:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
        raise typer.Exit(130)
    own = {BASELINE: "", **{name: name for name in chosen}}
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
