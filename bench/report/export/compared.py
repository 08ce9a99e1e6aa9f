"""The comparison in words, as every exporter gets it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bench.compare.metrics import Metric, by_name
from bench.compare.regressions import Comparison
from bench.compare.shifts import ENVIRONMENT
from bench.storage.history import Line

ORDER = ("regressed", "accepted", "improved", "inconclusive", "unchanged", "incomparable")

SPEED_ONLY = "SYNTHETIC STAND-IN DATA: speed and memory only"


class Compared(NamedTuple):
    """A comparison, and the lines of the new study."""

    comparison: Comparison
    lines: Sequence[Line]


class Finding(NamedTuple):
    """A row of the findings in words."""

    task: str
    arm: str
    metric: str
    """Name of the metric; empty where an arm cannot be compared at all."""
    verdict: str
    change: str
    """`+5.2% [+4.1%, +6.4%]`; empty where there is none."""
    values: str
    """`1.12 -> 1.18 of the baseline's step`."""
    evidence: str
    """`6 + 6 processes, adjusted p 2e-05`."""
    reason: str

    @property
    def what(self) -> str:
        """`cifar10 mixup: step time`."""
        return f"{self.task} {self.arm}" + (f": {self.metric}" if self.metric else "")


def findings(comparison: Comparison) -> Iterator[Finding]:
    """Yield all findings, the worst verdicts first, in the order of the studies otherwise."""
    rows: list[Any] = comparison.findings.to_dict("records")
    metrics = by_name()
    for row in sorted(rows, key=lambda row: ORDER.index(row["verdict"])):
        metric = metrics.get(row["metric"])
        yield Finding(
            task=row["task"],
            arm=row["arm"],
            metric=metric.title if metric else "",
            verdict=row["verdict"],
            change=_change(metric, row) if metric else "",
            values=_values(metric, row) if metric else "",
            evidence=_evidence(metric, row) if metric else "",
            reason=row["reason"] or "",
        )


def _change(metric: Metric, row: dict[str, Any]) -> str:
    if math.isnan(row["change"]):
        return ""
    if math.isnan(row["low"]):
        return metric.shown(row["change"])
    low, high = (metric.shown(row[end]).removesuffix(metric.unit) for end in ("low", "high"))
    return f"{metric.shown(row['change'])} [{low}, {high}]"


def _values(metric: Metric, row: dict[str, Any]) -> str:
    base, new = row["base"], row["new"]
    if math.isnan(base) or math.isnan(new):
        return ""
    level = metric.compared.level
    if level is not None and row["arm"] == ENVIRONMENT:
        return level.values.format(base, new)
    return metric.compared.values.format(base, new)


def _evidence(metric: Metric, row: dict[str, Any]) -> str:
    if math.isnan(row["base_count"]):
        return ""
    unit = "processes" if metric.speed else "seeds"
    counts = f"{row['base_count']:.0f} + {row['new_count']:.0f} {unit}, {row['test']}"
    return counts if math.isnan(row["p_adjusted"]) else f"{counts}, p {row['p_adjusted']:.2g}"


def treatment(comparison: Comparison) -> str:
    """Write the software changes between the two studies as a heading."""
    if not comparison.treatment:
        return "the same software on both sides"
    return f"treatment: {', '.join(comparison.treatment)}"


def summary(comparison: Comparison) -> str:
    """Summarize the comparison in one line."""
    counts = comparison.findings["verdict"].value_counts()
    if comparison.judged.empty:
        return "nothing comparable"
    counted = ", ".join(f"{counts[word]} {word}" for word in ORDER if counts.get(word))
    names = [f.what for f in findings(comparison) if f.verdict == "regressed"]
    return f"{counted}; regressed: {'; '.join(names)}" if names else f"no regression: {counted}"
