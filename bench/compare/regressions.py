"""Compare two studies, metric by metric: has the training stack become worse or slower?

A shift that all arms of a task share is one finding, about the environment. An arm's shift beyond
that is a finding of its own. Holm's adjustment runs over everything that is tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.compare.divergence import rate_shifts
from bench.compare.matching import by_task, software_changes
from bench.compare.metrics import by_name
from bench.compare.metrics import minimums as least_changes
from bench.compare.occasions import INSEPARABLE, LEAST_OCCASIONS
from bench.compare.shifts import Accepted, Rejected, Shift, comparable, metric_shifts
from bench.core.exit_code import ExitCode
from bench.stats import changes
from bench.storage.history import Line

FINDINGS = columns(
    "task arm metric verdict change low high p_adjusted base new base_count new_count test reason"
)
_NUMBERS = columns("change low high p_adjusted base new base_count new_count")
JUDGED = ("regressed", "improved", "unchanged", "inconclusive", "accepted")
SLOW_DOWN = 5.0
"""Slow-down that the recommended number of processes finds, percent of the step time."""


@dataclass(frozen=True)
class Comparison:
    """Findings about two studies."""

    base: str
    new: str
    data: dict[str, str]
    """Task -> data, for the tasks of both studies."""
    synthetic: bool
    treatment: tuple[str, ...]
    """Software that differs between the studies: the treatment."""
    findings: pd.DataFrame
    """`FINDINGS`: a row per task, arm and metric; change, low and high (90%) in percent of the base
    or points of accuracy, base and new in the metric's own unit."""
    minimums: Mapping[str, float]
    advice: tuple[str, ...] = ()

    @property
    def judged(self) -> pd.DataFrame:
        """The findings with a verdict."""
        return self.findings[self.findings["verdict"].isin(JUDGED)]

    @property
    def regressions(self) -> pd.DataFrame:
        """The findings of something that became worse."""
        return self.findings[self.findings["verdict"] == "regressed"]

    def exit_code(self, metrics: Sequence[str] = ()) -> ExitCode:
        """Return 0 for fine, 3 for a regression (of `metrics`, if any), 4 for nothing comparable."""
        if self.judged.empty:
            return ExitCode.NOTHING
        regressed = set(self.regressions["metric"])
        return ExitCode.FOUND if regressed & set(metrics or regressed) else ExitCode.FINE


def compare(
    base: Sequence[Line],
    new: Sequence[Line],
    minimums: Mapping[str, float] | None = None,
    accepted: Accepted | None = None,
    history: Iterable[Line] = (),
) -> Comparison:
    """Compare two studies' lines, each of one study.

    Args:
        minimums: metric -> the least change that counts, percent or the metric's unit; None: the
            metrics' own.
        accepted: accepted shifts, from which changes are measured; others are measured from 0.
        history: lines of further studies, which show how far occasions of the same code are apart.
    """
    minimums = least_changes() if minimums is None else minimums
    base_arms, new_arms = by_task(base), by_task(new)
    earlier = [line for line in history if line.study != new[0].study]
    shifts: list[Shift] = []
    rejected: list[Rejected] = []
    process_sd: dict[str, float] = {}
    for task in dict.fromkeys([*base_arms, *new_arms]):
        pairs, incomparable = comparable(task, base_arms.get(task, {}), new_arms.get(task, {}))
        rejected += incomparable
        for metric in by_name().values():
            if metric.compared.rate:
                shifts += rate_shifts(task, metric, pairs, accepted or {})
                continue
            result = metric_shifts(task, metric, pairs, accepted or {}, earlier)
            shifts += result.shifts
            rejected += result.rejected
            if np.isfinite(result.process_sd):
                process_sd[task] = result.process_sd
    return Comparison(
        base=base[0].study,
        new=new[0].study,
        data={
            task: next(iter(new_arms[task].values())).data for task in base_arms if task in new_arms
        },
        synthetic=any(line.synthetic for line in (*base, *new)),
        treatment=tuple(software_changes(base, new)),
        findings=_findings(shifts, rejected, minimums),
        minimums=minimums,
        advice=(*_notices(shifts), *_advice(process_sd, minimums["step_time"], len(shifts))),
    )


def _findings(
    shifts: Sequence[Shift], rejected: Sequence[Rejected], minimums: Mapping[str, float]
) -> pd.DataFrame:
    """Judge all shifts as one family, then list the arms and metrics that cannot be compared."""
    rows = [_row(shift) for shift in shifts]
    if shifts:
        change = changes.Change(*np.array([shift.change for shift in shifts], dtype=float).T)
        null = np.array([shift.accepted for shift in shifts])
        least = [s.metric.harm(minimums[s.metric.name]) for s in shifts]
        words, p = changes.judged(change, np.array(least), len(shifts), null)
        for number, shift in enumerate(shifts):
            verdict, reason = _explained(shift, str(words[number]), least[number])
            rows[number] |= {"verdict": verdict, "reason": reason, "p_adjusted": p[number]}
    skipped = [{**r._asdict(), "verdict": "incomparable", "test": ""} for r in rejected]
    return pd.DataFrame([*rows, *skipped], columns=FINDINGS).astype(dict.fromkeys(_NUMBERS, float))


def _row(shift: Shift) -> dict[str, Any]:
    metric, change = shift.metric, shift.change
    ends = sorted((metric.change(float(change.low)), metric.change(float(change.high))))
    return {
        "task": shift.task,
        "arm": shift.arm,
        "metric": metric.name,
        "change": metric.change(float(change.estimate)),
        "low": ends[0],
        "high": ends[1],
        "base": shift.base,
        "new": shift.new,
        "base_count": change.base_units,
        "new_count": change.units,
        "test": shift.test,
    }


def _explained(shift: Shift, word: str, least: float) -> tuple[str, str]:
    """Return the verdict and its reason; a verdict may need more than the test."""
    harm = float(shift.change.estimate)
    if min(shift.change.base_units, shift.change.units) < 2:
        return "inconclusive", "one replicate a side has no interval: measure more"
    beyond = harm - shift.accepted
    if shift.accepted > 0 and word != "regressed" and harm > least >= beyond:
        return "accepted", "this shift was accepted"
    if shift.machine is not None:
        rest = beyond - shift.machine
        slowed = word == "regressed" and rest <= least
        if slowed or (word == "improved" and rest >= -least):
            pace = "slowed" if slowed else "sped up"
            reason = f"same software, and a plain matrix product {pace} as much: the machine"
            return "inconclusive", reason
    if shift.accepted and not shift.remark:
        accepted = shift.metric.shown(shift.metric.change(shift.accepted))
        return word, f"measured from the accepted {accepted}"
    return word, shift.remark


def _notices(shifts: Sequence[Shift]) -> list[str]:
    """Name the shared changes that cannot be told from the occasion, and a remedy."""
    return [
        f"NOTICE {shift.task}: the {shift.metric.title} that all arms share is {INSEPARABLE}. "
        "Measure them in turn (make compare-env), or add studies of the same code from other "
        f"occasions to the history, {LEAST_OCCASIONS} in all (bench history --add)"
        for shift in shifts
        if shift.remark == INSEPARABLE
    ]


def _advice(process_sd: Mapping[str, float], least: float, size: int) -> tuple[str, ...]:
    """Recommend the number of processes that finds a slow-down, from the noise that was measured.

    Args:
        process_sd: task -> standard deviation from process to process (log).
        least: the least change of step time that counts, percent.
        size: tests of the comparison.
    """
    slow_down = max(SLOW_DOWN, 2.5 * least)
    harm, minimum = np.log1p(slow_down / 100), np.log1p(least / 100)
    advice = []
    for task, sd in process_sd.items():
        needed = changes.units_needed(sd, harm, minimum, size)
        advice.append(
            f"{task}: step times vary by {100 * sd:.1f}% from process to process; {needed} "
            f"processes a side find a {slow_down:.0f}% slow-down of one strategy "
            f"with {changes.POWER:.0%} power (bench time --processes {needed})"
        )
    return tuple(advice)
