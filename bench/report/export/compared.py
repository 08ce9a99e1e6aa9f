"""What every exporter of a comparison gets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bench.compare.metrics import BY_NAME, Metric
from bench.compare.regressions import ENVIRONMENT, Comparison
from bench.storage.history import Line

ORDER = ("regressed", "accepted", "improved", "inconclusive", "unchanged", "incomparable")


class Compared(NamedTuple):
    """A comparison, and the lines of the new study."""

    comparison: Comparison
    lines: Sequence[Line]


class Finding(NamedTuple):
    """A row of the findings in words."""

    task: str
    arm: str
    metric: str
    """In words; empty where an arm cannot be compared at all."""
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
    """All of them, the worst verdicts first, in the order of the studies otherwise."""
    rows: list[Any] = comparison.findings.to_dict("records")
    for row in sorted(rows, key=lambda row: ORDER.index(row["verdict"])):
        metric = BY_NAME.get(row["metric"])
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
    low, high = (metric.shown(row[end]).removesuffix(" points") for end in ("low", "high"))
    return f"{metric.shown(row['change'])} [{low}, {high}]"


def _values(metric: Metric, row: dict[str, Any]) -> str:
    base, new = row["base"], row["new"]
    if math.isnan(base) or math.isnan(new):
        return ""
    if metric.name == "memory":
        return f"{base:.0f} -> {new:.0f} MB"
    if not metric.share:
        return f"{base:.1%} -> {new:.1%}"
    if row["arm"] == ENVIRONMENT:
        return f"{base:.3g} -> {new:.3g} ms a step"
    return f"{base:.3f} -> {new:.3f} of the baseline's step"


def _evidence(metric: Metric, row: dict[str, Any]) -> str:
    if math.isnan(row["base_count"]):
        return ""
    unit = "processes" if metric.speed else "seeds"
    counts = f"{row['base_count']:.0f} + {row['new_count']:.0f} {unit}, {row['test']}"
    return counts if math.isnan(row["p_adjusted"]) else f"{counts}, p {row['p_adjusted']:.2g}"


def treatment(comparison: Comparison) -> str:
    """What differs between the two studies' software, as a heading."""
    if not comparison.treatment:
        return "the same software on both sides"
    return f"treatment: {', '.join(comparison.treatment)}"


def summary(comparison: Comparison) -> str:
    """One line: what it comes to."""
    counts = comparison.findings["verdict"].value_counts()
    if comparison.judged.empty:
        return "nothing comparable"
    told = ", ".join(f"{counts[word]} {word}" for word in ORDER if counts.get(word))
    names = [f.what for f in findings(comparison) if f.verdict == "regressed"]
    return f"{told}; regressed: {'; '.join(names)}" if names else f"no regression: {told}"
