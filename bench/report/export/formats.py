"""The formats of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.core.errors import UsageError, unknown
from bench.report.export import github_benchmark, json_object, junit, markdown, text
from bench.report.export.compared import Compared
from bench.storage.files import write_atomic

Render = Callable[[Compared], str]
SHOWN: Mapping[str, Render] = {
    "text": text.render,
    "markdown": markdown.render,
    "json": json_object.render,
}
FORMATS: Mapping[str, Render] = {
    **SHOWN,
    "junit": junit.render,
    "github-smaller": github_benchmark.smaller,
    "github-bigger": github_benchmark.bigger,
}


def target(typed: str) -> tuple[Render, Path]:
    """Read the format and the file from `junit=results/junit.xml`.

    Raises:
        UsageError: there is no such format, or the file is missing.
    """
    name, _, path = typed.partition("=")
    if name not in FORMATS:
        raise unknown("format", name, FORMATS)
    if not path:
        raise UsageError(f"--export {typed}: write FORMAT=FILE")
    return FORMATS[name], Path(path)


def export(compared: Compared, targets: list[tuple[Render, Path]]) -> None:
    """Write each file.

    Raises:
        BenchError: a file cannot be written.
    """
    for render, path in targets:
        write_atomic(path, render(compared).encode())
