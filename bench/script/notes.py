"""The arm of a study for which a script is written, and its measurements."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from bench.analysis.analysis import Analysis
from bench.analysis.verdict import FIX_BASELINE, UNFINISHED, small_gain
from bench.core.errors import UsageError, unknown
from bench.core.metrics import metric_of
from bench.core.study import BASELINE, TUNED, Arm, Study
from bench.report.verdicts import KINDS
from bench.running.request import OF_RECIPE

WIDTH = 98


class Notes(NamedTuple):
    """Measurements of an arm by a study."""

    head: str
    """Lines under the script's title."""
    techniques: dict[str, str]
    """Strategy -> comment lines."""


class Choice(NamedTuple):
    """An arm, and the reason why it was chosen."""

    arm: Arm
    reason: str


def chosen(study: Study, analysis: Analysis, task: str, name: str | None) -> Choice:
    """Return the arm of a name, or the best one by the study's verdicts.

    Raises:
        UsageError: the study has no such arm on the task.
    """
    arms = {arm.name: arm for arm in study.arms if arm.task == task}
    if name is not None:
        if name not in arms:
            raise unknown(f"arm of study {study.name!r} on {task}", name, arms)
        return Choice(arms[name], "as named")
    rows = judged(analysis, task)
    better = rows[rows["verdict"].map(KINDS.get) == "better"]
    better = better[better["reference"] == (study.declared_reference(task) or BASELINE)]
    if better.empty:
        return Choice(arms[BASELINE], _no_better(rows, study.metric.sign))
    gains = study.metric.sign * better["effect"].to_numpy()
    best = better.iloc[int(gains.argmax())]
    return Choice(
        arms[str(best["arm"])], f"the largest effect of those shown to be better: {words(best)}"
    )


def _no_better(rows: pd.DataFrame, sign: int) -> str:
    """Say why no arm is the best, given the effects on the judged metric and its sign."""
    if rows["verdict"].isin((UNFINISHED, FIX_BASELINE)).any():
        return "the study has no verdicts yet"
    intervals = zip(rows["verdict"], rows["low"], rows["high"], strict=True)
    small = rows["arm"][[small_gain(*interval, sign) for interval in intervals]]
    if small.empty:
        return "no technique is shown to be better"
    return f"better by less than the margin, so to be named: {', '.join(small)}"


def judged(analysis: Analysis, task: str) -> pd.DataFrame:
    """Return the effects on the judged metric of a task."""
    rows = analysis.effects
    return rows[(rows["task"] == task) & rows["judged"]]


def words(row: Any) -> str:
    """Write an effect with its interval and its verdict."""
    if pd.isna(row["effect"]):
        return str(row["verdict"])
    metric = metric_of(row["metric"])
    text = f"{metric.title} {metric.told(row['effect'], row['low'], row['high'], finer=1)}"
    number = int(row["n"])
    text = f"{text}, {row['verdict']} ({number} seed{'' if number == 1 else 's'})"
    warning = row["warning"]
    return f"{text}; {warning}" if isinstance(warning, str) and warning else text


def notes(study: Study, analysis: Analysis, arm: Arm, edited: Sequence[str] = ()) -> Notes:
    """Describe the measurements of an arm and of each of its techniques.

    Args:
        edited: parts of the arm whose code is no longer that of the measurement.
    """
    code = "the code that was measured"
    if edited:
        code = f"today's code; since the measurement these changed: {', '.join(edited)}"
    elif not arm.code:  # studies of version 0.1.0
        code = "today's code; that of the measurement was not recorded"
    rows = judged(analysis, arm.task).set_index("arm")
    lines = [
        f"Arm {arm.name!r} of the study {study.name!r} (profile {study.profile}) on {arm.task}, data "
        f"{study.data[arm.task]}, assembled by `bench recipe` from {code}.",
        "",
        _measured(study, analysis, arm, rows),
        "",
        "An effect holds for this network, training length and data; measure it on yours.",
        "",
        "Needs: pip install tensorflow tensorflow-datasets.",
        "Run: python THIS_FILE [--seed N] [--steps N]",
    ]
    precision = study.settings.get("precision", "float32")
    if precision != "float32":
        lines[-3:-3] = [f"The study trained in {precision}; this script trains in float32.", ""]
    head = "\n".join(textwrap.fill(line, WIDTH) for line in lines)
    members = {use.name: _of_technique(study, arm, use.name, rows) for use in arm.strategies}
    return Notes(head, {name: text for name, text in members.items() if text})


def _measured(study: Study, analysis: Analysis, arm: Arm, rows: pd.DataFrame) -> str:
    """Describe the measurements of the whole arm."""
    if study.synthetic:
        return "It was measured on generated stand-in data, which says nothing about real data."
    if arm.reference is None:
        return "It is the baseline of the study: the other arms are compared with it."
    if arm.name not in rows.index:
        return "The study has no comparison of it yet."
    text = f"Against {arm.reference!r}: {words(rows.loc[arm.name])}"
    steps = analysis.place
    steps = steps[(steps["task"] == arm.task) & (steps["arm"] == arm.name)]
    if len(steps) and not pd.isna(steps["ratio"].iloc[0]):
        text += (
            f"; a step takes {steps['ratio'].iloc[0]:.2f} times as long ({steps['device'].iloc[0]})"
        )
    return f"{text}."


def _of_technique(study: Study, arm: Arm, name: str, rows: pd.DataFrame) -> str:
    """Write the comparisons that show a technique's part: it alone, and the arm without it."""
    arms = {other.name: other for other in study.arms if other.task == arm.task}
    members = _members(arm)
    lines = []
    for other in arms.values():
        tuned = other.name.endswith(TUNED)
        alike = tuned == arm.name.endswith(TUNED)
        if other.reference is None or other.name not in rows.index or study.synthetic or not alike:
            continue
        if not tuned and any(change.startswith(OF_RECIPE) for change in other.treatment):
            continue  # Its effect is that of another learning rate too.
        if other.name != arm.name and other.recipe != arm.recipe:
            continue  # Its effect is one at another learning rate, or another length.
        mine, theirs = _members(other), _members(arms[other.reference])
        effect = words(rows.loc[other.name])
        added, left_out = ({use for use, _ in one} for one in (mine - theirs, theirs - mine))
        if added == {name} and theirs <= mine and mine <= members:
            names = sorted(use for use, _ in theirs)
            rest = f"added to {' + '.join(names)}" if names else "alone"
            lines.append(f"Measured {rest}: {effect}.")
        elif left_out == {name} and mine <= theirs and theirs == members:
            lines.append(f"Measured by leaving it out of this arm: {effect}.")
    wrapped = (part for line in lines for part in textwrap.wrap(line, WIDTH - 2))
    return "\n".join(f"# {part}" for part in wrapped)


def _members(arm: Arm) -> frozenset[tuple[str, str]]:
    """Return the name of each technique of an arm, and its parameters as text."""
    return frozenset((use.name, repr(sorted(use.parameters.items()))) for use in arm.strategies)


def task_of(study: Study, task: str | None) -> str:
    """Return the task of a script.

    Raises:
        UsageError: the study has several tasks and none is named, or lacks the named one.
    """
    tasks = list(dict.fromkeys(arm.task for arm in study.arms))
    if task is None and len(tasks) > 1:
        raise UsageError(
            f"study {study.name!r} has several tasks; choose one with --task: {', '.join(tasks)}"
        )
    if task is not None and task not in tasks:
        raise unknown(f"task of study {study.name!r}", task, tasks)
    return task or tasks[0]
