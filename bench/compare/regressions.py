"""Has the training stack become worse or slower? Two studies compared, metric by metric.

A shift that all arms of a task share is one finding, of the environment; what an arm shifts by
beyond that is a finding of its own. Holm's adjustment runs over everything that is tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.compare.matching import by_task, different, different_hardware, software_changes
from bench.compare.metrics import METRICS, MINIMUMS, Metric
from bench.compare.units import Sides, sides, start_equal
from bench.stats import changes
from bench.storage.history import Line

ENVIRONMENT = "all arms"
"""Stands in the column of arms for what all of a task have in common."""
FINDINGS = columns(
    "task arm metric verdict change low high p_adjusted base new base_count new_count test reason"
)
JUDGED = ("regressed", "improved", "unchanged", "inconclusive", "accepted")
SLOW_DOWN = 5.0
"""Percent of step time that the recommended number of processes is to find."""
Accepted = Mapping[tuple[str, str, str], float]
"""(task, arm, metric) -> the harm, on the scale of `Metric.harm`, that was accepted."""


@dataclass(frozen=True)
class Comparison:
    """What two studies' comparison found."""

    base: str
    new: str
    data: dict[str, str]
    """Task -> data, of the tasks that both have."""
    synthetic: bool
    treatment: tuple[str, ...]
    """Software that differs: what a finding is then a finding about."""
    findings: pd.DataFrame
    """`FINDINGS`: a row per task, arm and metric; change, low and high (90%) in percent of the base
    or points of accuracy, base and new in the metric's own unit."""
    minimums: Mapping[str, float]
    advice: tuple[str, ...] = ()

    @property
    def judged(self) -> pd.DataFrame:
        """The findings that have a verdict."""
        return self.findings[self.findings["verdict"].isin(JUDGED)]

    @property
    def regressions(self) -> pd.DataFrame:
        return self.findings[self.findings["verdict"] == "regressed"]

    def exit_code(self, metrics: Sequence[str] = ()) -> int:
        """0 fine, 3 a regression (of `metrics`, where there are any), 4 nothing comparable."""
        if self.judged.empty:
            return 4
        found = set(self.regressions["metric"])
        return 3 if found & set(metrics or found) else 0


@dataclass
class _Tested:
    """The rows of all tests, and their shifts in the same order."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    parts: list[tuple[Metric, changes.Change]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    process_sd: dict[str, float] = field(default_factory=dict)


def compare(
    base: Sequence[Line],
    new: Sequence[Line],
    minimums: Mapping[str, float] = MINIMUMS,
    accepted: Accepted | None = None,
) -> Comparison:
    """Compares two studies' lines, each of one study.

    Args:
        minimums: metric -> the least change that counts, percent or points.
        accepted: shifts to be measured from, instead of none.
    """
    ours, theirs = by_task(base), by_task(new)
    tested = _Tested()
    for task in dict.fromkeys([*ours, *theirs]):
        arms = _comparable(task, ours.get(task, {}), theirs.get(task, {}), tested)
        for metric in METRICS:
            _test(task, metric, arms, tested, accepted or {})
    findings = _judged(tested, minimums)
    shared = [task for task in ours if task in theirs]
    comparison = Comparison(
        base=base[0].study,
        new=new[0].study,
        data={task: next(iter(theirs[task].values())).data for task in shared},
        synthetic=any(line.synthetic for line in (*base, *new)),
        treatment=tuple(software_changes(base, new)),
        findings=findings,
        minimums=minimums,
    )
    return _advised(comparison, tested)


def _comparable(
    task: str, ours: Mapping[str, Line], theirs: Mapping[str, Line], tested: _Tested
) -> dict[str, tuple[Line, Line]]:
    """The arms of a task that both have on the same terms, baseline first; the others are told."""
    found = {}
    for arm in dict.fromkeys([*ours, *theirs]):
        if arm not in ours or arm not in theirs:
            reason = f"only in the {'base' if arm in ours else 'new'} study"
        else:
            reason = different(ours[arm], theirs[arm])
        if reason:
            tested.rejected.append(_rejected(task, arm, "", reason))
        else:
            found[arm] = (ours[arm], theirs[arm])
    return found


def _test(
    task: str,
    metric: Metric,
    arms: Mapping[str, tuple[Line, Line]],
    tested: _Tested,
    accepted: Accepted,
) -> None:
    """Adds a row for the environment and one for each arm."""
    usable = {}
    for arm, pair in arms.items():
        reason = _why_not(metric, *pair)
        if reason is None:
            continue
        if reason:
            tested.rejected.append(_rejected(task, arm, metric.name, reason))
        else:
            usable[arm] = pair
    if not usable:
        return
    root = next(iter(usable.values()))[0].reference is None
    if not root and len(usable) < changes.FEW:
        reason = "its baseline cannot be compared, and other arms are too few to stand for it"
        tested.rejected += [_rejected(task, arm, metric.name, reason) for arm in usable]
        return
    table = sides(metric, usable)
    pairs = not metric.speed and all(start_equal(*pair) for pair in usable.values())
    floor = metric.harm(metric.floor)
    _add(tested, metric, _environment(table, pairs, floor, accepted, task, metric))
    null = np.array([accepted.get((task, arm, metric.name), 0.0) for arm in usable])
    own = changes.parts(table.base, table.new).own
    if metric.name == "step_time" and root:
        # A baseline's ratio is 1 by definition: its own shift shows in milliseconds only.
        for side, level in zip(
            own, changes.parts(table.base_level, table.new_level).own, strict=True
        ):
            side[0] = level[0]
    shift = _shift(pairs, own[0], own[1], floor, null)
    if metric.name == "step_time":
        treated = slice(1, None) if root else slice(None)
        tested.process_sd[task] = changes.planning_sd(shift, treated)
    rows = []
    for number, (arm, pair) in enumerate(usable.items()):
        if arm == next(iter(usable)) and root and len(usable) < changes.FEW:
            continue  # with few arms the baseline's shift is the environment's
        row = _row(task, arm, metric, table, number, pairs, null[number])
        identical = pairs and pair[0].seeds == pair[1].seeds
        row["reason"] = "identical in every seed" if identical else ""
        rows.append((row, changes.Change(*(part[number] for part in shift))))
    _add(tested, metric, rows)


def _shift(
    pairs: bool, base: changes.Array, new: changes.Array, floor: float, null: Any
) -> changes.Change:
    return (changes.paired if pairs else changes.welch)(base, new, floor, null)


def _environment(
    table: Sides, pairs: bool, floor: float, accepted: Accepted, task: str, metric: Metric
) -> list[tuple[dict[str, Any], changes.Change]]:
    null = accepted.get((task, ENVIRONMENT, metric.name), 0.0)
    level = changes.parts(table.base_level, table.new_level).common
    shift = _shift(pairs, level[0], level[1], floor, null)
    row = _row(task, ENVIRONMENT, metric, table, 0, pairs, null)
    if table.machine_shift is not None:
        row["machine_shift"] = table.machine_shift
    return [(row, shift)]


def _row(
    task: str, arm: str, metric: Metric, table: Sides, number: int, pairs: bool, null: float
) -> dict[str, Any]:
    means = table.level_means if arm == ENVIRONMENT else table.means
    return {
        "task": task,
        "arm": arm,
        "metric": metric.name,
        "base": means[0][number],
        "new": means[1][number],
        "test": "paired t" if pairs else "Welch",
        "null": null,
        "reason": "",
    }


def _add(
    tested: _Tested, metric: Metric, found: Sequence[tuple[dict[str, Any], changes.Change]]
) -> None:
    for row, shift in found:
        tested.rows.append(row)
        tested.parts.append((metric, shift))


def _why_not(metric: Metric, base: Line, new: Line) -> str | None:
    """Why a metric of an arm cannot be compared; empty where it can, None where neither has it."""
    counts = [_measured(metric, line) for line in (base, new)]
    if not any(counts):
        return None
    if not all(counts):
        return f"{metric.title} was measured in the {'base' if counts[0] else 'new'} study only"
    if metric.speed:
        return different_hardware(base, new)
    return "stand-in data never gets a verdict" if base.synthetic else ""


def _measured(metric: Metric, line: Line) -> int:
    if metric.name == "memory":
        return sum(process.memory_mb is not None for process in line.processes)
    if metric.name == "convergence":
        return sum(seed.area is not None for seed in line.seeds)
    return len(line.processes if metric.speed else line.seeds)


def _rejected(task: str, arm: str, metric: str, reason: str) -> dict[str, Any]:
    return {
        "task": task,
        "arm": arm,
        "metric": metric,
        "verdict": "incomparable",
        "test": "",
        "reason": reason,
    }


def _judged(tested: _Tested, minimums: Mapping[str, float]) -> pd.DataFrame:
    """All rows with their verdicts."""
    if tested.rows:
        shift = changes.Change(
            *(np.array(p) for p in zip(*(s for _, s in tested.parts), strict=True))
        )
        null = np.array([row["null"] for row in tested.rows])
        least = np.array([m.harm(minimums[m.name]) for m, _ in tested.parts])
        words, p = changes.judged(shift, least, len(tested.rows), null)
        for number, (row, (metric, one)) in enumerate(zip(tested.rows, tested.parts, strict=True)):
            row |= _figures(metric, one, str(words[number]), p[number], least[number])
    rows = [{name: row.get(name) for name in FINDINGS} for row in [*tested.rows, *tested.rejected]]
    frame = pd.DataFrame(rows, columns=FINDINGS)
    floats = columns("change low high p_adjusted base new base_count new_count")
    frame = frame.astype(dict.fromkeys(floats, float))
    for number, row in enumerate(tested.rows):
        frame.loc[number, ["verdict", "reason"]] = _explained(row, least[number])
    return frame


def _figures(
    metric: Metric, shift: changes.Change, word: str, p: float, least: float
) -> dict[str, Any]:
    ends = sorted((metric.change(float(shift.low)), metric.change(float(shift.high))))
    return {
        "verdict": word,
        "harm": float(shift.estimate),
        "change": metric.change(float(shift.estimate)),
        "low": ends[0],
        "high": ends[1],
        "p_adjusted": p,
        "base_count": shift.base_units,
        "new_count": shift.units,
    }


def _explained(row: Mapping[str, Any], least: float) -> tuple[str, str]:
    """The verdict where it takes more than the test to say it, and why."""
    word, reason = row["verdict"], row["reason"]
    if min(row["base_count"], row["new_count"]) < 2:
        return "inconclusive", "one replicate a side has no interval: measure more"
    if row["null"] > 0 and word != "regressed" and row["harm"] > least:
        return "accepted", "this shift was accepted"
    machine = row.get("machine_shift")
    if word == "regressed" and machine is not None and row["harm"] - machine <= least:
        return (
            "inconclusive",
            "same software, and a plain matrix product slowed as much: the machine",
        )
    return word, reason


def _advised(comparison: Comparison, tested: _Tested) -> Comparison:
    """With the number of processes that finds a slow-down, from the noise that was measured."""
    advice = []
    least = comparison.minimums["step_time"]
    slow_down = max(SLOW_DOWN, 2.5 * least)
    harm, minimum = np.log1p(slow_down / 100), np.log1p(least / 100)
    for task, sd in tested.process_sd.items():
        if np.isfinite(sd):
            needed = changes.units_needed(sd, harm, minimum, len(tested.rows))
            advice.append(
                f"{task}: step times vary by {100 * sd:.1f}% from process to process; {needed} "
                f"processes a side find a {slow_down:.0f}% slow-down of one strategy "
                f"with {changes.POWER:.0%} power (bench time --processes {needed})"
            )
    return Comparison(**{**vars(comparison), "advice": tuple(advice)})
