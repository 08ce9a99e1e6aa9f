"""The study behind a name on the command line, and its lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli.options import stored_study, warn
from bench.core.errors import UsageError, unknown

if TYPE_CHECKING:
    from bench.storage.history import History, Line

BASELINE = "baseline"
"""Name, on the command line, of the study that `bench baseline set` named."""


def study_lines(results: Path, name: str) -> list[Line]:
    """Return the lines of a study, from its folder or else from the history.

    Raises:
        UsageError: there is no such study, or it measured nothing.
    """
    from bench.compare import levels
    from bench.storage import history
    from bench.storage.store import STUDY

    stored = history.read(results / history.HISTORY)
    warn_of_broken(results / history.HISTORY, stored)
    if name == BASELINE:
        baseline = levels.baseline(results).study
        lines = history.study_lines(stored.lines, baseline)
        if not lines:
            raise UsageError(
                f"the baseline {baseline!r} is not in {results / history.HISTORY}; "
                "restore the file, or set another with `bench baseline set STUDY`"
            )
        return lines
    for folder in (Path(name), results / name):
        if (folder / STUDY).is_file():
            return folder_lines(folder)
    lines = history.study_lines(stored.lines, name)
    if not lines:
        studies = {line.study for line in stored.lines}
        studies |= {path.parent.name for path in results.glob(f"*/{STUDY}")}
        raise unknown("study", name, studies | {BASELINE})
    return lines


def folder_lines(folder: Path) -> list[Line]:
    """Return the lines of the study in a folder, with a warning for each unreadable file.

    Raises:
        UsageError: it holds no study, or one that measured nothing.
    """
    from bench.compare.study_lines import condensed
    from bench.report.report import lost_step_times
    from bench.storage.records import damage_lines

    study, store = stored_study(folder)
    records, times = store.records(), store.step_times()
    for line in (
        *damage_lines(records.damaged, len(records.records)),
        *damage_lines(times.damaged, len(times.step_times)),
    ):
        warn(line)
    if line := lost_step_times(store, times):
        warn(line)
    failures = store.failures()
    lost = [(t.arm.task, t.arm.name) for t in study.trials() if t.name in failures]
    lines = condensed(study, records.records, times.step_times, lost)
    if not lines:
        raise UsageError(f"study {study.name!r} has measured nothing yet; `bench run` goes on")
    return lines


def warn_of_broken(path: Path, history: History) -> None:
    """Warn of every unreadable line of a history; the file stays as it is."""
    for broken in history.broken:
        warn(f"{path}, line {broken.number} is not read: {broken.reason}")
