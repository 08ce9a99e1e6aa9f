"""The tasks that `--tasks` names, built-in or by address, and the settings of their data."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from bench.core.errors import UsageError
from bench.core.study import Study
from bench.data.own.address import is_address
from bench.plugins.registry import Registry
from bench.running.request import settings
from bench.tasks.task import Source, Task

DATA = "data."


class AskedTasks(NamedTuple):
    """The tasks and settings of `--tasks`, `--set` and `--model`."""

    registry: Registry
    """Registry with the tasks of addresses."""
    names: tuple[str, ...]
    settings: dict[str, str]
    """Settings other than those of the data."""

    def tasks(self) -> list[Task]:
        """Return the tasks."""
        return [self.registry.task(name) for name in self.names]


def asked_tasks(
    registry: Registry,
    tasks: str,
    set_: Sequence[str] | None,
    model: str | None,
    profile: str,
    source: Source,
) -> AskedTasks:
    """Make the tasks of addresses, which may read their data into the cache.

    Raises:
        UsageError: there is no such data, option or model.
    """
    from bench.plugins.own_tasks import named

    typed = settings(set_ or ())
    options = {key[len(DATA) :]: typed.pop(key) for key in list(typed) if key.startswith(DATA)}
    registry_and_names = named(registry, listed(tasks, registry), options, model, profile, source)
    return AskedTasks(*registry_and_names, typed)


def listed(text: str, registry: Registry) -> list[str]:
    """Split a list separated by commas. A comma may be a part of an address. An item that is neither an
    address nor the name of a task belongs to the address before it.

    Raises:
        UsageError: an item occurs twice.
    """
    items: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if items and is_address(items[-1]) and not (is_address(name) or name in registry.tasks):
            items[-1] += f",{part}"
        elif name:
            items.append(name)
    if len(set(items)) < len(items):
        raise UsageError(f"{text!r} names something twice")
    return items


def show_cards(study: Study, registry: Registry) -> None:
    """Print the first lines of the card of each task by address, on stderr."""
    if not study.own_tasks:
        return
    from bench.report.data_card import first_lines
    from bench.tasks.own import AddressedTask

    for name in study.own_tasks:
        task = registry.task(name)
        assert isinstance(task, AddressedTask)
        arm = next(arm for arm in study.arms if arm.task == name)
        recipe = type(next(iter(task.profiles.values()))).stored(arm.recipe)
        print(f"{first_lines(task, recipe, study.profile)}\n", file=sys.stderr)
