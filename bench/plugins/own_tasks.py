"""Tasks by address, from the command line or from a stored study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.core import paths
from bench.core.errors import UsageError, unknown
from bench.core.study import OwnTask
from bench.data.own.address import Address, is_address, parse
from bench.data.source import Source
from bench.plugins import model as models
from bench.plugins.registry import Registry
from bench.tasks.own import AddressedTask, own_task

if TYPE_CHECKING:
    from bench.data.own.load import OwnData


class Named(NamedTuple):
    """A registry that has the tasks of some addresses, and the names of all tasks."""

    registry: Registry
    tasks: tuple[str, ...]


def named(
    registry: Registry,
    texts: Sequence[str],
    options: Mapping[str, str],
    model: str | None,
    profile: str,
    source: Source,
) -> Named:
    """Make the tasks of the addresses among some texts; the other texts are names of tasks.

    Args:
        registry: all other tasks.
        texts: names and addresses.
        options: options of the data, without `data.`; each applies to all addresses that have it.
        model: function that builds the model of all addresses; None: networks of the suite.
        profile: whose recipe gives the sizes for a check of the model.
        source: place of the data.

    Raises:
        UsageError: there is no such data, option or model.
    """
    addresses = {text: parse(text) for text in texts if is_address(text)}
    _check_options(addresses, options, model)
    declared = {text: _asked(text, address, options, model) for text, address in addresses.items()}
    data = {text: _data(own, source) for text, own in declared.items()}
    names = {text: address.name.rstrip("-") for text, address in addresses.items()}
    counts = Counter(names.values())
    own_tasks: dict[str, AddressedTask] = {}
    for text, own in declared.items():
        name = names[text]
        if name in registry.tasks or counts[name] > 1 or name == addresses[text].kind:
            name = f"{name}-{data[text].identity.partition(':')[2][:8]}"
        task = _made(name, own, data[text])
        if own.model is not None:
            sizes = task.sizes(task.recipe(profile))
            layers = models.check(models.parse(own.model), sizes, task.facts.modality)
            task = _made(name, own.model_copy(update={"inside": layers}), data[text])
        own_tasks[text] = task
    return Named(_with(registry, own_tasks.values()), tuple(
        own_tasks[text].facts.name if text in own_tasks else text for text in texts
    ))  # fmt: skip


def with_own_tasks(registry: Registry, stored: Mapping[str, OwnTask], source: Source) -> Registry:
    """Add the tasks that a study stores, under their names."""
    return _with(registry, [_made(name, own, _data(own, source)) for name, own in stored.items()])


def absolute(own: OwnTask) -> OwnTask:
    """Return the same task with absolute paths, which are valid in every worker."""
    options = dict(own.options)
    if "test" in options:
        options["test"] = str(paths.absolute(options["test"]))
    return own.model_copy(
        update={
            "address": str(parse(own.address).absolute),
            "options": options,
            "model": None if own.model is None else str(models.parse(own.model)),
        }
    )


def model_file(task: object) -> Path | None:
    """Return the file of the model of a task by address; None for every other task."""
    if not isinstance(task, AddressedTask) or task.made_from.model is None:
        return None
    return models.parse(task.made_from.model).file


def _check_options(
    addresses: Mapping[str, Address], options: Mapping[str, str], model: str | None
) -> None:
    if not addresses and (options or model):
        option = f"--set data.{next(iter(options))}" if options else f"--model {model}"
        raise UsageError(f"{option} needs a task by address, such as --tasks folder:PATH")
    if not options:
        return
    from bench.data.own.load import OPTIONS

    allowed = {f"data.{name}" for address in addresses.values() for name in OPTIONS[address.kind]}
    for name in options:
        if f"data.{name}" not in allowed:
            kinds = ",".join(dict.fromkeys(address.kind for address in addresses.values()))
            raise unknown(f"option of {kinds}: data", f"data.{name}", allowed)


def _asked(text: str, address: Address, options: Mapping[str, str], model: str | None) -> OwnTask:
    if not options:
        return OwnTask(address=text, model=model)
    from bench.data.own.load import OPTIONS

    fitting = {name: value for name, value in options.items() if name in OPTIONS[address.kind]}
    return OwnTask(address=text, options=fitting, model=model)


def _data(own: OwnTask, source: Source) -> OwnData:
    from bench.data.own.load import own_data

    data = own_data(parse(own.address), own.options, source)
    facts = data.facts
    if facts.repeated_count == facts.train:
        kind = "texts" if facts.modality == "text" else "pictures"
        raise UsageError(
            f"{own.address}: all {facts.train:,} training {kind} occur in the test split too, which "
            "leaves none to train on; remove them from one of the two"
        )
    return data


def _made(name: str, own: OwnTask, data: OwnData) -> AddressedTask:
    if own.model is None:
        return own_task(name, own, data)
    address = models.parse(own.model)
    return own_task(name, own, data, partial(models.function, address), address.name)


def _with(registry: Registry, tasks: Iterable[AddressedTask]) -> Registry:
    added = {task.facts.name: task for task in tasks}
    return registry._replace(tasks={**registry.tasks, **added})
