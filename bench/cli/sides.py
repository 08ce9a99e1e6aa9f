"""Which study a name on the command line means, and its lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import UsageError, unknown

if TYPE_CHECKING:
    from bench.storage.history import History, Line

BASELINE = "baseline"
"""On the command line: the study that `bench baseline set` named."""


def study_lines(results: Path, name: str) -> list[Line]:
    """The lines of a study: of its folder where there is one, else of the history.

    Raises:
        UsageError: there is no such study, or it measured nothing.
    """
    from bench.compare import levels
    from bench.storage import history
    from bench.storage.store import STUDY

    known = history.read(results / history.HISTORY)
    warn_of_broken(results / history.HISTORY, known)
    if name == BASELINE:
        wanted = levels.baseline(results).study
        found = history.study_lines(known.lines, wanted)
        if not found:
            raise UsageError(
                f"the baseline {wanted!r} is not in {results / history.HISTORY}; "
                "restore the file, or set another with `bench baseline set STUDY`"
            )
        return found
    for folder in (Path(name), results / name):
        if (folder / STUDY).is_file():
            return folder_lines(folder)
    found = history.study_lines(known.lines, name)
    if not found:
        studies = {line.study for line in known.lines}
        studies |= {path.parent.name for path in results.glob(f"*/{STUDY}")}
        raise unknown("study", name, studies | {BASELINE})
    return found


def folder_lines(folder: Path) -> list[Line]:
    """The lines of the study in a folder; what cannot be read is told.

    Raises:
        UsageError: it holds no study, or one that measured nothing.
    """
    from bench.compare.study_lines import condensed
    from bench.storage.store import Store

    store = Store(folder)
    study = store.study()
    if study is None:
        raise UsageError(f"{folder} holds no study")
    records, times = store.records(), store.step_times()
    for item in (*records.damaged, *times.damaged):
        print(f"warning: {item.path} is not read: {item.reason}", file=sys.stderr)
    failures = store.failures()
    lost = [(t.arm.task, t.arm.name) for t in study.trials() if t.name in failures]
    lines = condensed(study, records.records, times.step_times, lost)
    if not lines:
        raise UsageError(f"study {study.name!r} has measured nothing yet; `bench run` goes on")
    return lines


def warn_of_broken(path: Path, known: History) -> None:
    """Tells of every line of a history that is not read; the file stays as it is."""
    for broken in known.broken:
        print(
            f"warning: {path}, line {broken.number} is not read: {broken.reason}", file=sys.stderr
        )
