"""Finds strategies and tasks: this package's, entry points', and those of a user's file.

Entry point groups: `bench.strategies` and `bench.tasks`, each naming a class or a module.
A plugin is code that runs with the rights of the user.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from bench.core.errors import UsageError, unknown
from bench.core.strategy import Strategy
from bench.tasks.task import Task


class Preset(NamedTuple):
    """A named stack that people use."""

    strategies: tuple[str, ...]
    why: str


class Registry(NamedTuple):
    """Everything that can be named on the command line."""

    strategies: dict[str, type[Strategy]]
    tasks: dict[str, Task]
    presets: dict[str, Preset]

    def strategy(self, name: str) -> type[Strategy]:
        if name not in self.strategies:
            raise unknown("strategy", name, self.strategies)
        return self.strategies[name]

    def task(self, name: str) -> Task:
        if name not in self.tasks:
            raise unknown("task", name, self.tasks)
        return self.tasks[name]

    def stack(self, text: str) -> tuple[str, ...]:
        """The strategies of `a+b+c`, or of a preset by its name."""
        preset = self.presets.get(text)
        names = text.split("+") if preset is None else preset.strategies
        for name in names:
            if name not in self.strategies:
                raise unknown("strategy", name, [*self.strategies, *self.presets])
        return tuple(names)

    def named(self, names: Sequence[str] | None) -> Sequence[str] | None:
        """The same names; where `all` is the only one, every strategy's."""
        return [*self.strategies] if [*(names or ())] == ["all"] else names

    def defaults(self) -> list[str]:
        """The strategies that a study takes when none is named."""
        return [name for name, kind in self.strategies.items() if kind.facts.default]


def find(plugins: Sequence[Path] = ()) -> Registry:
    """All strategies and tasks, by name.

    Raises:
        UsageError: a plugin that is missing, does not import or takes a name that is taken.
    """
    modules = [*package_modules("strategies"), *package_modules("bench.tasks")]
    modules += [plugin_module(path) for path in plugins]
    found = [kind for module in modules for kind in defined_in(module)]
    found += entry_point_classes()
    registry = Registry({}, {}, {})
    for kind in found:
        name = kind.facts.name
        taken: dict[str, Any] = (
            registry.strategies if issubclass(kind, Strategy) else registry.tasks
        )
        if name in taken:
            raise UsageError(f"{kind.__module__} defines {name!r}, which exists; rename it")
        taken[name] = kind if issubclass(kind, Strategy) else kind()
    return Registry(
        dict(sorted(registry.strategies.items())), dict(sorted(registry.tasks.items())), presets()
    )


def presets() -> dict[str, Preset]:
    """The stacks of `strategies/presets.toml`."""
    text = (files("strategies") / "presets.toml").read_text(encoding="utf-8")
    return {
        name: Preset(tuple(found["strategies"]), found["why"])
        for name, found in tomllib.loads(text).items()
    }


def package_modules(package: str) -> Iterator[ModuleType]:
    path = importlib.import_module(package).__path__
    for info in sorted(pkgutil.iter_modules(path), key=lambda info: info.name):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{package}.{info.name}")


def plugin_module(path: Path) -> ModuleType:
    """A user's file as a module, imported once whatever it is called."""
    path = path.expanduser().resolve()
    if not path.is_file():
        raise UsageError(f"plugin {path} does not exist")
    name = f"bench_plugin_{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"plugin {path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)
        if line is None and isinstance(error, SyntaxError):
            line = error.lineno
        raise UsageError(
            f"plugin {path} does not import: {type(error).__name__}: {error} (line {line})"
            f"{moved(error)}"
        ) from None
    if not defined_in(module):
        raise UsageError(f"plugin {path} defines no strategy and no task with facts")
    return module


RENAMED = {"Outcome": "LossResult", "Verdict": "StoppingDecision"}
"""Public names of earlier versions that have another name now."""


def moved(error: BaseException) -> str:
    """Say where a name of the suite is imported from now, if that is why an import failed."""
    module = getattr(error, "name", None) or ""
    if not isinstance(error, ImportError) or module.partition(".")[0] != "bench":
        return ""
    new = ", ".join(f"{old} is now {name}" for old, name in RENAMED.items())
    return f"; import the suite's names from the package itself: `from bench import ...` ({new})"


def defined_in(module: ModuleType) -> list[Any]:
    """The concrete strategies and tasks that a module defines itself."""
    return [
        kind
        for kind in vars(module).values()
        if inspect.isclass(kind)
        and issubclass(kind, Strategy | Task)
        and kind.__module__ == module.__name__
        and hasattr(kind, "facts")
        and not inspect.isabstract(kind)
    ]


def entry_point_classes() -> list[Any]:
    found: list[Any] = []
    for group in ("bench.strategies", "bench.tasks"):
        for point in entry_points(group=group):
            try:
                loaded = point.load()
            except Exception as error:
                raise UsageError(
                    f"entry point {point.name} ({point.value}) does not load: "
                    f"{type(error).__name__}: {error}{moved(error)}; uninstall or mend its package"
                ) from None
            found += defined_in(loaded) if isinstance(loaded, ModuleType) else [loaded]
    return found
