"""`bench explain`: a study in a few plain sentences."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder

if TYPE_CHECKING:
    from bench.report.explanation import Explanation

WIDEST = 100
TITLES = {
    "compared": "What was compared",
    "answer": "The answer",
    "certainty": "How sure that is",
    "cost": "What it costs",
    "limits": "What not to conclude",
}


def explain(
    study: shared.StudyName = None, results: shared.Results = RESULTS, plugin: shared.Plugins = None
) -> None:
    """Say in plain sentences what a study found, how sure that is, and what it costs."""
    from bench.report.card import cards
    from bench.report.explanation import explain as explained
    from bench.report.report import analysed, lost_step_times, missing_trials
    from bench.report.terminal import clean

    stored, store = shared.stored_study(study_folder(results, study))
    loaded = store.records()
    no_steps = "The time of a step was not measured." if store.is_compact() else ""
    if lost := lost_step_times(store, store.step_times()):
        shared.warn(lost)
        no_steps = "The step times are lost."
    explanations = explained(
        stored,
        analysed(stored, store),
        cards(shared.registry(plugin).strategies),
        missing_trials(stored, loaded, store),
        bool(loaded.damaged),
        no_steps,
    )
    width = min(shutil.get_terminal_size().columns, WIDEST)
    print(clean(f"Study {stored.name}, profile {stored.profile}"))
    for task in explanations:
        print("\n".join(clean(line) for line in lines(task, width)))


def lines(task: Explanation, width: int) -> list[str]:
    """Write the sentences about a task, a paragraph for each question, in lines of a width."""
    written = ["", task.task]
    for part, title in TITLES.items():
        if sentences := getattr(task, part):
            text = f"{title}: {' '.join(sentences)}"
            written += textwrap.wrap(
                text, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
            )
    return written
