"""`bench pictures`: what each strategy does to a batch of images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import Plugins, names

PROFILE = "smoke"
IMAGES = 6


def pictures(
    strategies: Annotated[
        str | None, typer.Option(help="Separated by commas; default: all that change images.")
    ] = None,
    task: Annotated[str, typer.Option(help="A task on images.")] = "cifar10",
    output: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path(
        "results/pictures"
    ),
    plugin: Plugins = None,
) -> None:
    """Draw a few stand-in images before and after each strategy that changes a batch."""
    from bench.core.environment import muffled
    from bench.core.errors import UsageError
    from bench.core.strategy import BATCH_STAGES, applicability
    from bench.plugins.registry import find
    from bench.report.plots.batch import batch_plot
    from bench.report.plots.origin import Origin
    from bench.tasks.task import Source

    registry = find(plugin or ())
    known = registry.task(task)
    if known.facts.modality != "image":
        raise UsageError(f"{task} is {known.facts.modality}: only images can be drawn")
    wanted = names(strategies) or [
        name
        for name, kind in registry.strategies.items()
        if applicability(kind(), known.facts) is None
    ]
    chosen = [registry.strategy(name)() for name in wanted]
    changing = [s for s in chosen if any(s.touches(stage) for stage in BATCH_STAGES)]
    if not changing:
        raise UsageError(f"none of {', '.join(wanted)} changes a batch of images")
    recipe = known.recipe(PROFILE)
    subset = known.load(recipe, Source("synthetic"))
    with muffled():
        from bench.training.batch_pictures import pictured

        rows = pictured(known, recipe, subset.train.rows(0, IMAGES), changing)
    identity = known.identify(Source("synthetic")).name
    plot = batch_plot(f"batch-{task}", rows, Origin(identity, False, "none", "stand-in images"))
    for path in plot.write(output):
        print(path)
