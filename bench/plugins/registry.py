"""The strategies, tasks and presets that the command line can name."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.core.errors import UsageError, unknown
from bench.core.strategy import Strategy, check_stages
from bench.core.study import BASELINE
from bench.plugins.declared import check_declared
from bench.plugins.loading import Plugin, plugins
from bench.plugins.presets import Preset, presets
from bench.tasks.task import Task

ALL, RECIPE = "all", "recipe"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


class Registry(NamedTuple):
    """All names of the command line."""

    strategies: dict[str, type[Strategy]]
    tasks: dict[str, Task]
    presets: dict[str, Preset]

    def strategy(self, name: str) -> type[Strategy]:
        """Return a strategy by its name.

        Raises:
            UsageError: there is none.
        """
        if name not in self.strategies:
            raise unknown("strategy", name, self.strategies)
        return self.strategies[name]

    def task(self, name: str) -> Task:
        """Return a task by its name.

        Raises:
            UsageError: there is none.
        """
        if name not in self.tasks:
            raise unknown("task", name, self.tasks)
        return self.tasks[name]

    def stack(self, text: str) -> tuple[str, ...]:
        """Name the strategies of `a+b+c`, or of a preset."""
        preset = self.presets.get(text)
        names = text.split("+") if preset is None else preset.strategies
        for name in names:
            if name not in self.strategies:
                raise unknown("strategy", name, [*self.strategies, *self.presets])
        return tuple(names)

    def stacks(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Name the strategies of several stacks or presets, one after the other."""
        return tuple(name for text in texts for name in self.stack(text))

    def preset_values(self, texts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return strategy -> the parameters that the presets among some stacks set."""
        values: dict[str, dict[str, Any]] = {}
        for text in texts:
            for strategy, settings in getattr(self.presets.get(text), "settings", {}).items():
                values.setdefault(strategy, {}).update(settings)
        return values

    def named(self, names: Sequence[str] | None) -> Sequence[str] | None:
        """Return the names, or every strategy's if `all` is the only one."""
        return [*self.strategies] if [*(names or ())] == [ALL] else names

    def defaults(self) -> list[str]:
        """Name the strategies that a study takes when none is named."""
        return [name for name, kind in self.strategies.items() if kind.facts.default]


def find(paths: Sequence[Path] = ()) -> Registry:
    """Find all strategies, tasks and presets, with those of some plugin files.

    Raises:
        UsageError: a plugin is missing, cannot be imported, has a name that is not allowed, or is a
            strategy that declares something wrong.
    """
    strategies: dict[str, type[Strategy]] = {}
    tasks: dict[str, Task] = {}
    stacks = presets()
    for kind in plugins(paths):
        name = _name(kind, {*strategies, *tasks, *stacks})
        if issubclass(kind, Strategy):
            check_stages(kind)
            check_declared(kind)
            strategies[name] = kind
        else:
            tasks[name] = _made(kind)
    return Registry(dict(sorted(strategies.items())), dict(sorted(tasks.items())), stacks)


def _made(kind: type[Task]) -> Task:
    try:
        return kind()
    except Exception as error:
        raise UsageError(
            f"the task {kind.facts.name!r} of {kind.__module__} cannot be made without arguments: "
            f"{type(error).__name__}: {error}"
        ) from None


def _name(kind: Plugin, taken: Collection[str]) -> str:
    """Return a plugin's name; refuse one that is taken or cannot be typed on the command line."""
    name = getattr(kind.facts, "name", None)
    if name in taken:
        raise UsageError(f"{kind.__module__} defines {name!r}, which exists; rename it")
    if name in (ALL, RECIPE, BASELINE):
        raise UsageError(
            f"{kind.__module__} defines {name!r}, a word of the command line; rename it"
        )
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(
            f"{kind.__module__} defines {name!r}; a name has letters, digits, `_` and `-`; rename it"
        )
    return name
