"""`bench shift`: how far the inputs of the activations move while a network trains."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, TASKS, files, names
from bench.core.errors import UsageError


def shift(
    profile: shared.Profile = "quick",
    tasks: shared.Tasks = TASKS,
    set_: shared.Settings = None,
    strategies: Annotated[
        str, typer.Option(help="Strategies, separated by commas.")
    ] = "batch_norm,layer_norm,instance_norm",
    seeds: Annotated[int, typer.Option(help="N means seeds 0 to N-1.", min=1)] = 3,
    data: shared.Data = "auto",
    data_dir: shared.DataDir = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for tables and plots; default: results/shift-PROFILE."),
    ] = None,
    plugin: shared.Plugins = None,
) -> None:
    """Measure internal covariate shift: how far activations' inputs move between evaluations."""
    from bench.cli.asked_tasks import asked_tasks
    from bench.core.environment import muffled
    from bench.report.shift import write_shift
    from bench.running.plan import plan
    from bench.running.request import Request
    from bench.running.study_run import settled_source
    from bench.tasks.task import Source

    plugins = files(plugin)
    place = Source(data, data_dir)
    chosen_tasks = asked_tasks(shared.registry(plugin), tasks, set_, None, profile, place)
    request = Request(
        profile, chosen_tasks.names, names(strategies), seeds=seeds, settings=chosen_tasks.settings
    )
    planned = plan(request, chosen_tasks.registry, place)
    for notice in planned.notices:
        shared.show_notice(notice)
    with muffled():
        from bench.running.observations import observe
    source = settled_source(planned.study, data_dir)
    folder = output or RESULTS / f"shift-{profile}"
    observed = observe(planned.study, source, plugins, folder)
    if observed.empty:
        raise UsageError("no network here has a normalization slot that was seen twice")
    for path in write_shift(observed, folder, profile):
        print(path)
