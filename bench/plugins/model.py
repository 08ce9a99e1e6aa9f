"""A user's function that builds a Keras model: `module:function` or `FILE.py:function`."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.core.errors import UsageError, unknown
from bench.core.paths import absolute
from bench.data.child import run_module
from bench.plugins.loading import imported_file


class ModelAddress(NamedTuple):
    """The place of a function."""

    place: str
    """A module, or the absolute path of a file."""
    function: str

    def __str__(self) -> str:
        return f"{self.place}:{self.function}"

    @property
    def name(self) -> str:
        """Return the name in records, without a folder."""
        return f"{Path(self.place).name}:{self.function}"

    @property
    def file(self) -> Path | None:
        """Return the file of the function; None for a module without one."""
        if self.place.endswith(".py"):
            return Path(self.place)
        try:
            spec = importlib.util.find_spec(self.place)
        except (ImportError, ValueError):
            return None
        return Path(spec.origin) if spec is not None and spec.origin else None


def parse(text: str) -> ModelAddress:
    """Read the address of a function; a module in the working directory becomes its file.

    Raises:
        UsageError: it has another form.
    """
    place, _, function = text.rpartition(":")
    if not place or not function.isidentifier():
        raise UsageError(f"--model {text}: write FILE.py:function or module:function")
    if not place.endswith(".py"):
        beside = Path(*place.split(".")).with_suffix(".py")
        if not beside.is_file():
            return ModelAddress(place, function)
        place = str(beside)
    file = absolute(place)
    if not file.is_file():
        raise UsageError(f"--model {text}: {file} does not exist")
    return ModelAddress(str(file), function)


def function(address: ModelAddress) -> Callable[..., Any]:
    """Import the function.

    Raises:
        UsageError: its file or module cannot be imported, or has no such function.
    """
    if address.place.endswith(".py"):
        module = imported_file(Path(address.place), "model")
    else:
        try:
            module = importlib.import_module(address.place)
        except (Exception, SystemExit) as error:
            raise UsageError(
                f"{address.place} does not import: {type(error).__name__}: {error}"
            ) from None
    maker = getattr(module, address.function, None)
    if not callable(maker):
        functions = [name for name, value in vars(module).items() if callable(value)]
        raise unknown(f"function of {Path(address.place).name}", address.function, functions)
    return maker


def check(address: ModelAddress, sizes: Mapping[str, Any], modality: str) -> tuple[str, ...]:
    """Build the model in a child process, and check its output before anything trains.

    Args:
        address: of the function.
        sizes: possible arguments of the function: `input_shape`, `classes`, `vocabulary`.
        modality: `image` or `text`.

    Returns:
        Its regularizing and normalizing layers.

    Raises:
        UsageError: it cannot be built, or does not end in logits.
    """
    child = run_module(
        "bench.plugins.model_check", [str(address), json.dumps(dict(sizes)), modality]
    )
    try:
        result = json.loads(child.last_line)
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise UsageError(
            f"--model {address.name}: the process that builds it ended with exit code "
            f"{child.returncode} ({child.last_line})"
        )
    if "error" in result:
        raise UsageError(f"--model {address.name}: {result['error']}")
    return tuple(result["inside"])
