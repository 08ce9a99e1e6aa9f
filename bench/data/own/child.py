"""Read a data set of tensorflow-datasets in a child process: `python -m bench.data.own.child`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.core.errors import BenchError, UsageError
from bench.data.child import run_module
from bench.data.own.address import Address
from bench.data.own.prepare import prepare
from bench.data.own.tfds_set import TfdsSet
from bench.data.source import Source

_RESULT = "result.json"


def prepare_in_child(reader: TfdsSet, out: Path, directory: Path) -> dict[str, Any]:
    """Prepare data in a process that has TensorFlow, and return the facts.

    Raises:
        UsageError: as `bench.data.own.prepare.prepare`.
        BenchError: the process ended without a result.
    """
    asked = [reader.place, json.dumps(dict(reader.options)), str(directory), str(out)]
    done = run_module("bench.data.own.child", asked)
    try:
        result = json.loads((out / _RESULT).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BenchError(
            f"reading tfds:{reader.place} ended with exit code {done.returncode}: {done.last_line}"
        ) from error
    (out / _RESULT).unlink()
    if "error" in result:
        raise UsageError(result["error"])
    return result


def main(arguments: list[str]) -> None:
    """Write the arrays, and the facts or the error into a file: the work of the child process."""
    place, options_text, directory, out = arguments
    options: Mapping[str, str] = json.loads(options_text)
    try:
        reader = TfdsSet(Address("tfds", place), options, Source("tfds", Path(directory)))
        result = prepare(reader, options, f"tfds:{place}", Path(out))
    except UsageError as error:
        result = {"error": str(error)}
    (Path(out) / _RESULT).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
