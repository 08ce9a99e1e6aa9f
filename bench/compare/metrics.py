"""What a comparison of two studies looks at: four metrics, each with its unit and minimum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.core.errors import UsageError, unknown


@dataclass(frozen=True)
class Metric:
    """A measured quantity as `harm`: larger is worse.

    Shares (step time, memory) are compared on the scale of logs, so that a ratio and its inverse
    weigh the same; accuracies in percentage points.
    """

    name: str
    title: str
    share: bool
    """In percent of the base's, else in percentage points."""
    minimum: float
    """The least change that counts: percent or points."""
    floor: float
    """The finest sd that is believed: percent or points."""
    speed: bool
    """Compared on the same hardware only; its unit is a fresh process, else a seed."""
    kind: str
    """What a threshold's text must look like, with an example."""

    def harm(self, amount: float) -> float:
        """Percent or points on the scale that is tested."""
        return math.log1p(amount / 100) if self.share else amount

    def change(self, harm: float) -> float:
        """The other way: percent more, or points of accuracy gained (negative: lost)."""
        return 100 * math.expm1(harm) if self.share else 0.0 - harm

    def shown(self, change: float) -> str:
        """`+5.2%`, or `-3.1 points`."""
        return f"{change:+.1f}%" if self.share else f"{change:+.2f} points"


METRICS = (
    Metric("accuracy", "test accuracy", False, 1.0, 0.05, False, "accuracy:1"),
    Metric("convergence", "area under the validation curve", False, 1.0, 0.05, False,
           "convergence:1"),
    Metric("step_time", "step time", True, 2.0, 0.1, True, "step_time:5%"),
    Metric("memory", "peak memory", True, 5.0, 0.5, True, "memory:10%"),
)  # fmt: skip
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
MINIMUMS: Mapping[str, float] = {metric.name: metric.minimum for metric in METRICS}


def threshold(text: str) -> tuple[str, float]:
    """(`step_time`, 5.0) of `step_time:5%`; (`accuracy`, 2.0) of `accuracy:2`.

    Raises:
        UsageError: no such metric, or no positive number of its unit.
    """
    name, _, amount = text.partition(":")
    if name not in BY_NAME:
        raise unknown("metric of --fail-if", name, BY_NAME)
    metric = BY_NAME[name]
    if not amount:
        return name, metric.minimum
    try:
        value = float(amount.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf) or amount.endswith("%") != metric.share:
        raise UsageError(f"--fail-if {text}: write it like {metric.kind}")
    return name, value
