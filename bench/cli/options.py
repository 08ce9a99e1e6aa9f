"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.core.errors import UsageError

Results = Annotated[Path, typer.Option("--results", help="Parent folder of studies.")]
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin", help="A Python file with further strategies or tasks (it is run); repeatable."
    ),
]
RESULTS = Path("results")


def names(text: str | None) -> list[str] | None:
    """The names of a list separated by commas; None where nothing was typed."""
    if text is None:
        return None
    found = [name.strip() for name in text.split(",") if name.strip()]
    if len(set(found)) < len(found):
        raise UsageError(f"{text!r} names something twice")
    return found


def study_folder(results: Path, study: str | None) -> Path:
    """A study's folder by name or path; the newest one where none is named.

    Raises:
        UsageError: there is no such study, or none at all.
    """
    from bench.storage.store import STUDY

    if study is not None:
        for folder in (Path(study), results / study):
            if (folder / STUDY).is_file():
                return folder
        raise UsageError(
            f"no study {study!r} under {results}; `bench report` takes a name or folder"
        )
    found = sorted(results.glob(f"*/{STUDY}"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError(f"no study under {results}; `bench run` makes one")
    return found[-1].parent
