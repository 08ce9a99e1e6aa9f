"""`bench recipe`: an arm of a study as one Keras script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder
from bench.core.errors import UsageError


def recipe(
    study: Annotated[str, typer.Argument(help="A study's name or folder.")],
    arm: Annotated[
        str | None, typer.Argument(help="An arm; default: the best by the study's verdicts.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="The task, where a study has several.")] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; default: TASK-ARM.py here.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    results: shared.Results = RESULTS,
    plugin: shared.Plugins = None,
) -> None:
    """Write an arm of a study as one Keras script that does not need this suite."""
    from bench.core.environment import muffled
    from bench.core.strategy import configured
    from bench.report.report import analysed
    from bench.running.source_code import changed, code_of
    from bench.script.notes import chosen, notes, task_of
    from bench.storage.files import write_atomic
    from bench.tasks.task import Source

    stored, store = shared.stored_study(study_folder(results, study))
    if not store.names():
        raise UsageError(f"study {stored.name!r} has measured nothing yet; `bench run` trains it")
    registry = shared.study_registry(plugin, stored, Source())
    name = task_of(stored, task)
    analysis = analysed(stored, store)
    choice = chosen(stored, analysis, name, arm)
    path = output or Path(file_name(name, choice.arm.name))
    if path.exists() and not force:
        raise UsageError(f"{path} exists; name another --output, or write over it with --force")
    kind = registry.task(name)
    members = [
        configured(registry.strategy(use.name), use.parameters) for use in choice.arm.strategies
    ]
    settings = type(kind.recipe(next(iter(kind.profiles)))).stored(choice.arm.recipe)
    with muffled():
        from bench.script.script import script

    used = " + ".join(use.name for use in choice.arm.strategies) or "no regularizer"
    title = f"Train {name} with {used}."
    edited = changed(choice.arm.code, code_of(name, choice.arm.strategies, registry))
    text = notes(stored, analysis, choice.arm, edited)
    written = script(kind, members, settings, stored.data[name], title, text)
    write_atomic(path, written.text.encode())
    if edited:
        shared.warn(
            f"the script has today's code, which is not what was measured: {', '.join(edited)}"
        )
    print(f"arm {choice.arm.name}: {choice.reason}")
    print(f"script: {path}")
    for line in written.left:
        print(f"to fill in: {line}")


def file_name(task: str, arm: str) -> str:
    """Return the name of the file of an arm's script."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", f"{task}-{arm}").strip("-") + ".py"
