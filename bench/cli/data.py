"""`bench data ADDRESS`: the card of your own data, before anything trains."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bench.cli import options as shared
from bench.core.errors import UsageError


def data_card(
    address: Annotated[
        str, typer.Argument(help="folder:PATH, npz:FILE, csv:FILE, idx:FOLDER or tfds:NAME.")
    ],
    profile: shared.Profile = "quick",
    model: shared.Model = None,
    set_: shared.Settings = None,
    data_dir: shared.DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read your own data, and show what is in it, what is wrong with it, what it can show."""
    from bench.cli.asked_tasks import asked_tasks
    from bench.data.own.address import is_address
    from bench.report.data_card import card, described
    from bench.tasks.own import AddressedTask
    from bench.tasks.task import Source

    if not is_address(address):
        raise UsageError(
            f"{address} is no address, such as folder:PATH; `bench show` tells of tasks"
        )
    source = Source("auto", data_dir)
    chosen_tasks = asked_tasks(shared.registry(None), address, set_, model, profile, source)
    if chosen_tasks.settings:
        name = next(iter(chosen_tasks.settings))
        raise UsageError(
            f"--set {name}: `bench data` takes settings of the data alone, such as data.size=32"
        )
    if len(chosen_tasks.names) != 1:
        raise UsageError(f"{address} has {len(chosen_tasks.names)} tasks; `bench data` shows one")
    (task,) = chosen_tasks.tasks()
    assert isinstance(task, AddressedTask)
    print(json.dumps(described(task, profile)) if as_json else card(task, profile))
