"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.core.errors import UsageError
from bench.core.paths import absolute
from bench.running.profiles import HELP

if TYPE_CHECKING:
    from bench.core.record import Record
    from bench.core.study import Study
    from bench.data.source import Notice
    from bench.plugins.registry import Registry
    from bench.storage.store import Store
    from bench.tasks.task import Source

Profile = Annotated[str, typer.Option(help=HELP)]
Tasks = Annotated[
    str,
    typer.Option(
        help="Tasks, separated by commas; your own data as folder:, npz:, csv:, idx: or tfds:."
    ),
]
Model = Annotated[
    str | None,
    typer.Option(help="Your Keras model for your own data: FILE.py:function or module:function."),
]
Strategies = Annotated[
    str | None, typer.Option(help="Strategies, separated by commas, or all; default: the six.")
]
Base = Annotated[
    str | None, typer.Option(help="Strategies, or a preset, that the baseline already has.")
]
Data = Annotated[str, typer.Option(help="auto, tfds (never falls back) or synthetic.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Prepared tensorflow-datasets; default: TFDS_DATA_DIR.")
]
Results = Annotated[Path, typer.Option("--results", help="Parent folder of studies.")]
FirstSeed = Annotated[
    int | None,
    typer.Option(help="Smallest seed; default: drawn for a new study."),
]
StudyName = Annotated[
    str | None, typer.Argument(help="A study's name or folder; default: the one created last.")
]
NewName = Annotated[str | None, typer.Option(help="Of the study; default: profile-data[-base].")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="mixup.alpha=0.4, recipe.learning_rate=0.01 or data.size=32; repeatable."
    ),
]
Jobs = Annotated[int | None, typer.Option(help="Trials side by side.")]
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin", help="A Python file with further strategies or tasks (it is run); repeatable."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Failures and paths only.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="One object a line on stdout, the rest on stderr.")
]
TASKS = "cifar10,imdb"
RESULTS = Path("results")


def names(text: str | None) -> list[str] | None:
    """Split a list separated by commas; None if nothing was typed.

    Raises:
        UsageError: a name occurs twice.
    """
    if text is None:
        return None
    listed = [name.strip() for name in text.split(",") if name.strip()]
    if len(set(listed)) < len(listed):
        raise UsageError(f"{text!r} names something twice")
    return listed


def base_names(text: str | None) -> list[str]:
    """Split the list of `--base`; empty if nothing was typed.

    Raises:
        UsageError: the list is empty, or a name occurs twice.
    """
    listed = names(text)
    if listed is not None and not listed:
        raise UsageError("--base names no strategy; name one or a preset, or leave --base out")
    return listed or []


def registry(plugins: Sequence[Path] | None) -> Registry:
    """Find all strategies and tasks, without the start-up lines of a plugin's TensorFlow."""
    from bench.core.environment import muffled
    from bench.plugins.registry import find

    if not plugins:
        return find()
    with muffled():
        return find(files(plugins))


def study_registry(plugins: Sequence[Path] | None, study: Study, source: Source) -> Registry:
    """Find all strategies and tasks, with the tasks by address that a study stores."""
    from bench.plugins.own_tasks import with_own_tasks

    return with_own_tasks(registry(plugins), study.own_tasks, source)


def files(plugins: Sequence[Path] | None) -> tuple[Path, ...]:
    """Return absolute paths, which are valid in every worker."""
    return tuple(absolute(path) for path in plugins or ())


def study_folder(results: Path, study: str | None) -> Path:
    """Find a study's folder by name or path; the newest one if no study is named.

    Raises:
        UsageError: there is no such study, or none at all; or it is an advice without an answer.
    """
    from bench.advising.advice import ADVICE, CHOOSING
    from bench.storage.store import STUDY

    if study is not None:
        for folder in (Path(study), results / study):
            if (folder / STUDY).is_file():
                return folder
            if (folder / ADVICE).is_file():
                raise UsageError(
                    f"{folder} is an advice that still chooses; the same `bench advise` command goes on "
                    f"with it, and its trials so far are the study {folder / CHOOSING}"
                )
            if inside := sorted(path.parent.name for path in folder.glob(f"*/{STUDY}")):
                raise UsageError(
                    f"{folder} is no study, and holds several; name one, such as {folder / inside[0]}"
                )
        known = sorted(path.parent.name for path in results.glob(f"*/{STUDY}"))
        (nearest,) = get_close_matches(study, known, n=1) or [""]
        hint = f"; did you mean {nearest!r}?" if nearest else "; give a study's name or folder"
        raise UsageError(f"no study {study!r} under {results}{hint}")
    return _newest(results)


def _newest(results: Path) -> Path:
    """Return the folder of the study that was created last, by the time in its file.

    The times of files say nothing after `git clone`, which writes all of them at once.

    Raises:
        UsageError: there is no study that can be read.
    """
    from bench.storage.store import STUDY, readable_studies

    studies = readable_studies(results.glob(f"*/{STUDY}"), warn)
    if not studies:
        raise UsageError(f"no study under {results}; `bench run` makes one")
    return max(studies, key=lambda one: (one[0].created, one[1].folder.name))[1].folder


def whole_records(store: Store) -> list[Record]:
    """Read the trials of a study; warn of those that are damaged, and leave them out."""
    from bench.storage.records import damage_lines

    loaded = store.records()
    for line in damage_lines(loaded.damaged, len(loaded.records)):
        warn(f"{store.folder}: {line}")
    return loaded.records


def stored_study(folder: Path) -> tuple[Study, Store]:
    """Read the study in a folder; return it with its store.

    Raises:
        UsageError: the folder holds no study.
    """
    from bench.storage.store import Store

    store = Store(folder)
    study = store.study()
    if study is None:
        raise UsageError(f"{folder} holds no study")
    return study, store


def show_notice(notice: Notice) -> None:
    """Print a line that must be seen before anything trains."""
    print(f"\n*** {notice.text} ***\n", file=sys.stderr)


def warn(text: str) -> None:
    """Print a warning."""
    print(f"warning: {text}", file=sys.stderr)
