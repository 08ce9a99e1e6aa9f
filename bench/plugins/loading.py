"""Import the classes of strategies and tasks: the suite's, those of entry points and of users' files.

The entry point groups are `bench.strategies` and `bench.tasks`; a point names a class or a module.
A plugin is code that runs with the rights of the user.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from bench.core.errors import UsageError
from bench.core.paths import absolute
from bench.core.strategy import Strategy
from bench.tasks.task import Task

Plugin: TypeAlias = type[Strategy] | type[Task]

PACKAGES = ("strategies", "bench.tasks")
GROUPS = ("bench.strategies", "bench.tasks")
RENAMED = {"Outcome": "LossResult", "Verdict": "StoppingDecision"}
"""Public names of earlier versions -> their present names."""


def plugins(paths: Sequence[Path] = ()) -> Iterator[Plugin]:
    """Import all strategies and tasks.

    Raises:
        UsageError: a plugin is missing, cannot be imported or defines nothing.
    """
    for package in PACKAGES:
        for module in package_modules(package):
            yield from defined_in(module)
    for path in paths:
        yield from defined_in(plugin_module(path))
    yield from entry_point_classes()


def package_modules(package: str) -> Iterator[ModuleType]:
    """Import the modules of a package whose names do not begin with `_`."""
    path = importlib.import_module(package).__path__
    for info in sorted(pkgutil.iter_modules(path), key=lambda info: info.name):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{package}.{info.name}")


def plugin_module(path: Path) -> ModuleType:
    """Import a user's file as a module, once; it may import the modules beside it.

    Raises:
        UsageError: there is no such file, it cannot be imported, or it defines nothing.
    """
    module = imported_file(path, "plugin")
    if not defined_in(module):
        raise UsageError(f"plugin {absolute(path)} defines no strategy and no task with facts")
    return module


def imported_file(path: Path, role: str) -> ModuleType:
    """Import a Python file once; `role` says in an error what it is for.

    Raises:
        UsageError: there is no such file, or it cannot be imported.
    """
    path = absolute(path)
    if not path.is_file():
        fault = "is a folder; name a Python file" if path.is_dir() else "does not exist"
        raise UsageError(f"{role} {path} {fault}")
    name = f"bench_plugin_{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{role} {path} is no Python file")
    _open_folder(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UsageError(
            f"{role} {path} does not import: {type(error).__name__}: {error} "
            f"(line {_line(error, path)}){moved(error)}"
        ) from None
    return module


def _open_folder(plugin: Path) -> None:
    """Let a plugin import the modules beside it, now and later.

    The folder comes last, so that none of its files hides an installed module. Python imports a
    module once by its name, so a second plugin would get the first one's module of that name.
    """
    folder = plugin.parent
    for beside in sorted(folder.glob("*.py")):
        loaded = getattr(sys.modules.get(beside.stem), "__file__", None)
        if beside == plugin or loaded is None:
            continue
        loaded_file = Path(loaded).resolve()
        if loaded_file != beside and str(loaded_file.parent) in _FOLDERS:
            raise UsageError(
                f"plugin {plugin}: the file {beside.name} beside it has the name of {loaded_file}, "
                "which another plugin has imported; rename one of them"
            )
    _FOLDERS.add(str(folder))
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


_FOLDERS: set[str] = set()
"""Folders of the plugins that this process has imported."""


def _line(error: BaseException, path: Path) -> int | None:
    """Return the line of a file that raised an error."""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)
    return error.lineno if line is None and isinstance(error, SyntaxError) else line


def moved(error: BaseException) -> str:
    """Return a hint on a moved name of the suite, if that is why an import failed; else nothing."""
    module = getattr(error, "name", None) or ""
    if not isinstance(error, ImportError) or module.partition(".")[0] != "bench":
        return ""
    new = ", ".join(f"{old} is now {name}" for old, name in RENAMED.items())
    return f"; import the suite's names from the package itself: `from bench import ...` ({new})"


def defined_in(module: ModuleType) -> list[Plugin]:
    """List the concrete strategies and tasks that a module itself defines."""
    return [
        kind
        for kind in vars(module).values()
        if inspect.isclass(kind)
        and issubclass(kind, Strategy | Task)
        and kind.__module__ == module.__name__
        and hasattr(kind, "facts")
        and not inspect.isabstract(kind)
    ]


def entry_point_classes() -> list[Plugin]:
    """Import the classes of other packages' entry points.

    Raises:
        UsageError: an entry point does not load.
    """
    classes: list[Plugin] = []
    for group in GROUPS:
        for point in entry_points(group=group):
            try:
                loaded = point.load()
            except Exception as error:
                raise UsageError(
                    f"entry point {point.name} ({point.value}) does not load: "
                    f"{type(error).__name__}: {error}{moved(error)}; uninstall or mend its package"
                ) from None
            classes += defined_in(loaded) if isinstance(loaded, ModuleType) else [loaded]
    return classes
