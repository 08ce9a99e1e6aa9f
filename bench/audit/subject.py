"""A user's implementation: where it is, its settings, and a fresh instance of it."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.audit.finding import one_line
from bench.core.errors import UsageError, unknown
from bench.plugins.loading import imported_file


@dataclass(frozen=True)
class Subject:
    """The implementation that is audited: a class, a method of one, a function or an object."""

    address: str
    parent: Any
    """The module."""
    path: tuple[str, ...]
    """Names from the module on: a class or function, then perhaps a method."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the class, or further arguments of the function."""

    @property
    def names(self) -> list[str]:
        """Return its names, and those of the settings."""
        return [*self.path, *self.settings]

    def fresh(self, **settings: Any) -> Callable[..., Any]:
        """Make a new instance, with some settings changed; a function gets them at each call.

        Raises:
            UsageError: it is not callable, lacks arguments or refuses them.
        """
        values = {**self.settings, **settings}
        target = self.parent
        for name in self.path:
            if not hasattr(target, name):
                raise unknown(f"name in {self.address.rpartition(':')[0]}", name, public(target))
            target = getattr(target, name)
            if inspect.isclass(target):
                target, values = self._made(target, values), {}
        if not callable(target):
            raise UsageError(f"{self.address} is {type(target).__name__}, which cannot be called")
        if values and not inspect.isroutine(target):
            raise UsageError(f"{self.address} is an object already; --set is for a class")
        return functools.partial(target, **values) if values else target

    def _made(self, kind: type, values: Mapping[str, Any]) -> Any:
        try:
            inspect.signature(kind).bind(**values)
        except TypeError as error:
            raise UsageError(
                f"{self.address}: {error}; give its arguments with --set NAME=VALUE"
            ) from None
        except ValueError:  # it has no signature
            pass
        try:
            return kind(**values)
        except Exception as error:
            raise UsageError(f"{self.address} cannot be made: {one_line(error)}") from None

    def known(self) -> dict[str, Any]:
        """Return its settings, those that it took by default too."""
        call = self.fresh()
        made: Any = getattr(call, "__self__", call)
        known: dict[str, Any] = {}
        try:
            signature = inspect.signature(made if inspect.isroutine(made) else type(made))
            for name, one in signature.parameters.items():
                if one.default is not inspect.Parameter.empty:
                    known[name] = one.default
        except (TypeError, ValueError):
            pass
        known.update({k: v for k, v in getattr(made, "__dict__", {}).items() if k[0] != "_"})
        with contextlib.suppress(Exception):  # not every object can tell its configuration
            known.update(made.get_config())
        return {**known, **self.settings}

    def takes(self, name: str) -> bool:
        """Return true if the instance's class or the function has an argument of this name."""
        target = self.parent
        for part in self.path:
            target = getattr(target, part)
            if inspect.isclass(target):
                break
        return has_argument(target, name)


def found(address: str, settings: Mapping[str, Any]) -> Subject:
    """Find an implementation by `module:object` or `FILE.py:object`, and make it once.

    Raises:
        UsageError: the address has another form, or nothing callable is there.
    """
    place, _, path = address.rpartition(":")
    if not place or not all(part.isidentifier() for part in path.split(".")):
        raise UsageError(f"{address}: write module:object or FILE.py:object")
    if place.endswith(".py"):
        module = imported_file(Path(place), "file")
    else:
        try:
            module = importlib.import_module(place)
        except (Exception, SystemExit) as error:
            raise UsageError(f"{place} does not import: {one_line(error)}") from None
    subject = Subject(address, module, tuple(path.split(".")), dict(settings))
    subject.fresh()
    return subject


def with_settings(subject: Subject, **settings: Any) -> Subject:
    """Return the subject with further settings."""
    return replace(subject, settings={**subject.settings, **settings})


def has_argument(target: Any, name: str) -> bool:
    """Return true if a callable declares an argument of this name."""
    try:
        return name in inspect.signature(target).parameters
    except (TypeError, ValueError):
        return False


def public(target: Any) -> list[str]:
    """List the public callable names of a module or an object."""
    return [n for n in dir(target) if not n.startswith("_") and callable(getattr(target, n, None))]
