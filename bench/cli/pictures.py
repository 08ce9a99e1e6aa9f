"""`bench pictures`: a batch of images after each strategy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import names

if TYPE_CHECKING:
    from bench.core.recipe import Recipe
    from bench.tasks.task import Task

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
    plugin: shared.Plugins = None,
) -> None:
    """Draw a few stand-in images before and after each strategy that changes a batch."""
    from bench.core.environment import muffled
    from bench.core.errors import UsageError
    from bench.core.strategy import BATCH_STAGES, applicability
    from bench.report.plots.batch import batch_plot
    from bench.report.plots.origin import Origin
    from bench.tasks.loading import load_data
    from bench.tasks.task import Source

    registry, source = shared.registry(plugin), Source("synthetic")
    drawn = registry.task(task)
    facts = drawn.facts
    if facts.modality != "image":
        raise UsageError(f"{task} is {facts.modality}: only images can be drawn")
    listed = names(strategies) or [
        name for name, kind in registry.strategies.items() if applicability(kind(), facts) is None
    ]
    chosen = [registry.strategy(name)() for name in listed]
    changing = [s for s in chosen if any(s.touches(stage) for stage in BATCH_STAGES)]
    if not changing:
        raise UsageError(f"none of {', '.join(listed)} changes a batch of images")
    recipe = small_recipe(drawn)
    subset = load_data(drawn, recipe, source)
    with muffled():
        from bench.training.batch_pictures import pictured

        rows = pictured(drawn, recipe, subset.train.rows(0, IMAGES), changing)
    identity = drawn.identify(source).name
    plot = batch_plot(f"batch-{task}", rows, Origin(identity, False, "none", "stand-in images"))
    for path in plot.write(output):
        print(path)


def small_recipe(task: Task) -> Recipe:
    """Return the recipe of the profile `smoke`, or of the task's first profile if it has none."""
    return task.recipe(PROFILE if PROFILE in task.profiles else next(iter(task.profiles)))
