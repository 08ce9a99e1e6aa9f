"""`bench shift`: does normalization steady the inputs of the activations while a network trains?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import Plugins, names
from bench.core.errors import UsageError


def shift(
    profile: Annotated[str, typer.Option(help="smoke, quick, standard or full.")] = "quick",
    tasks: Annotated[str, typer.Option(help="Tasks, separated by commas.")] = "cifar10,imdb",
    strategies: Annotated[
        str, typer.Option(help="Strategies, separated by commas.")
    ] = "batch_norm,layer_norm,instance_norm",
    seeds: Annotated[int, typer.Option(help="N means seeds 0 to N-1.", min=1)] = 3,
    data: Annotated[str, typer.Option(help="auto, tfds (never falls back) or synthetic.")] = "auto",
    data_dir: Annotated[
        Path | None, typer.Option(help="Prepared tensorflow-datasets; default: TFDS_DATA_DIR.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for tables and plots.")] = Path(
        "results/shift"
    ),
    plugin: Plugins = None,
) -> None:
    """Measure internal covariate shift: how far activations' inputs move between evaluations."""
    from bench.core.environment import muffled
    from bench.plugins.registry import find
    from bench.report.shift import write_shift
    from bench.running.plan import Request, plan
    from bench.tasks.task import Source

    chosen = names(strategies)
    request = Request(profile, names(tasks) or (), chosen, seeds=seeds)
    planned = plan(request, find(plugin or ()), Source(data, data_dir))
    for notice in planned.notices:
        print(f"\n*** {notice} ***\n", file=sys.stderr)
    with muffled():
        from bench.running.observations import observe
    source = Source("synthetic" if planned.study.synthetic else "tfds", data_dir)
    observed = observe(planned.study, source, tuple(plugin or ()), output)
    if observed.empty:
        raise UsageError("no network here has a normalization slot that was seen twice")
    for path in write_shift(observed, output, profile):
        print(path)
